#include "daemon/sinks/file/commit/permissions.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <unistd.h>

#include "daemon/runtime/fs/access.hpp"
#include "daemon/sinks/content.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr std::size_t first_buffer = 1024;
constexpr std::size_t largest_buffer = std::size_t{1} << 20U;

/// A number as it stands; the highest one means "leave it" to the kernel, so it names nobody.
std::optional<std::uint32_t> as_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || number == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return number;
}

/// getpwnam_r(3) and getgrnam_r(3), which want a buffer of a size that they don't tell.
template <class Entry, class Look>
bool look_up(const std::string& name, Entry& entry, Look look) {
  std::vector<char> buffer(first_buffer);
  Entry* found = nullptr;
  int error = look(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  while (error == ERANGE && buffer.size() < largest_buffer) {
    buffer.resize(buffer.size() * 2);
    error = look(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  }
  return found != nullptr;
}

/// Where it can't be read (no /proc), every id counts as mapped: the kernel will tell.
id_map read_id_map(const char* file) {
  std::ifstream from(file);
  if (!from) return {{0, std::numeric_limits<std::uint32_t>::max()}};
  return parse_id_map(from);
}

failure unknown(std::string_view kind, const std::string& name) {
  return {failure_kind::no_permission, "this system knows no " + std::string(kind) + " " + name +
                                           "; create it, or correct the sink's " +
                                           (kind == "user" ? "owner" : "group")};
}

failure unmapped(std::string_view kind, std::uint32_t id) {
  const std::string key = kind == "user" ? "owner" : "group";
  return {failure_kind::no_permission,
          "the sink's " + key + ": the " + std::string(kind) + " id " + std::to_string(id) +
              " is not mapped in this user namespace (/proc/self/" +
              (kind == "user" ? "uid_map" : "gid_map") +
              "), so no file can be given to it; map it (of a container: its subordinate ids or "
              "userns setting), or correct the sink's " +
              key};
}

/// Those of this process, which are never changed once they are written.
const id_map& own_users() {
  static const id_map users = read_id_map("/proc/self/uid_map");
  return users;
}
const id_map& own_groups() {
  static const id_map groups = read_id_map("/proc/self/gid_map");
  return groups;
}

}  // namespace

id_map parse_id_map(std::istream& from) {
  id_map all;
  id_range one;
  std::uint64_t outside = 0;
  while (from >> one.first >> outside >> one.count) all.push_back(one);
  return all;
}

bool is_mapped(const id_map& in, std::uint32_t id) noexcept {
  const auto holds = [id](const id_range& one) {
    return id >= one.first && id - one.first < one.count;
  };
  return std::any_of(in.begin(), in.end(), holds);
}

bool permissions::match(const struct stat& file) const noexcept {
  return (file.st_mode & 07777U) == mode && file.st_uid == owner.value_or(::geteuid()) &&
         (!group || file.st_gid == *group);
}

bool permissions::owner_can_be_set() const noexcept {
  return !owner || *owner == ::geteuid() || has_capability(CAP_CHOWN);
}

bool permissions::group_can_be_set(const struct stat& directory) const {
  const bool handed_on = (directory.st_mode & S_ISGID) != 0 && group == directory.st_gid;
  if (!group || *group == ::getegid() || handed_on || has_capability(CAP_CHOWN)) return true;
  std::vector<gid_t> own(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int count = ::getgroups(static_cast<int>(own.size()), own.data());
  return std::find(own.begin(), own.begin() + std::max(count, 0), *group) !=
         own.begin() + std::max(count, 0);
}

std::uint64_t permissions::shape(std::uint64_t hash) const noexcept {
  for (const std::int64_t number :
       {std::int64_t{mode}, owner ? std::int64_t{*owner} : -1, group ? std::int64_t{*group} : -1}) {
    hash = hash_on(hash, {reinterpret_cast<const char*>(&number), sizeof number});
  }
  return hash;
}

result<permissions> resolve(const config::file_sink_settings& settings) {
  permissions wanted{static_cast<mode_t>(settings.mode)};
  if (!settings.owner.empty()) {
    wanted.owner = as_number(settings.owner);
    struct passwd entry{};
    if (!wanted.owner && look_up(settings.owner, entry, ::getpwnam_r)) wanted.owner = entry.pw_uid;
    if (!wanted.owner) return unknown("user", settings.owner);
    if (!is_mapped(own_users(), *wanted.owner)) return unmapped("user", *wanted.owner);
  }
  if (!settings.group.empty()) {
    wanted.group = as_number(settings.group);
    struct group entry{};
    if (!wanted.group && look_up(settings.group, entry, ::getgrnam_r)) wanted.group = entry.gr_gid;
    if (!wanted.group) return unknown("group", settings.group);
    if (!is_mapped(own_groups(), *wanted.group)) return unmapped("group", *wanted.group);
  }
  return wanted;
}

}  // namespace tokensyncd::sinks
