#include "daemon/sinks/permissions.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <unistd.h>

#include "daemon/runtime/access.hpp"
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

failure unknown(std::string_view kind, const std::string& name) {
  return {failure_kind::no_permission, "this system knows no " + std::string(kind) + " " + name +
                                           "; create it, or correct the sink's " +
                                           (kind == "user" ? "owner" : "group")};
}

}  // namespace

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
  }
  if (!settings.group.empty()) {
    wanted.group = as_number(settings.group);
    struct group entry{};
    if (!wanted.group && look_up(settings.group, entry, ::getgrnam_r)) wanted.group = entry.gr_gid;
    if (!wanted.group) return unknown("group", settings.group);
  }
  return wanted;
}

}  // namespace tokensyncd::sinks
