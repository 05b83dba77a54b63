#include "daemon/sinks/shared_places.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "daemon/sinks/content.hpp"
#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/file/file_look.hpp"

namespace tokensyncd::sinks {
namespace {

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

std::string entry_of(const file_destination& destination) {
  return "the workspace `" + std::string{destination.workspace} + "` of the sink `" +
         std::string{destination.sink_name} + "`";
}

/// A directory as it is found; without an identity where it can't be.
struct known_directory {
  std::optional<file_id> identity{};
  std::optional<bool> ignores_case{};  ///< none: not known yet
};

class finder {
 public:
  finder(const destination_guard& guard, sync::thoroughness how, const workshop& with)
      : guard_(guard), how_(how), with_(with), own_(guard.own_files_there()) {}

  void add(const file_destination& destination) {
    const std::string parent = directory_of(destination.path);
    const auto [known, is_new] = directories_.try_emplace(parent);
    if (is_new) known->second = look_into(parent);
    known_directory& directory = known->second;
    if (!directory.identity) return;  // reported by the sink's own check
    const std::string name = destination.path.substr(destination.path.rfind('/') + 1);
    if (const std::string owner = own_file_at(directory, name, destination.path); !owner.empty()) {
      clashes_.push_back({destination.sink, own_file_failure(destination.path, owner).sentence});
      return;
    }
    // By the name without its case, as those that have that in common are few.
    const std::uint64_t hash =
        hash_on(hash_on(hash_start, lower_case(name)),
                {reinterpret_cast<const char*>(&*directory.identity), sizeof *directory.identity});
    auto& same = entries_[hash];
    for (const file_destination* const other : same)
      if (is_same_entry(*other, destination, directory)) return report(*other, destination);
    same.push_back(&destination);
  }

  std::vector<destination_clash> take() { return std::move(clashes_); }

 private:
  static known_directory look_into(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) return {};
    return {id_of(found), std::nullopt};
  }

  std::string own_file_at(const known_directory& directory, const std::string& name,
                          const std::string& path) const {
    std::string owner = guard_.owner_by_name(*directory.identity, name);
    struct stat found{};
    if (!owner.empty() || own_.empty() || ::lstat(path.c_str(), &found) != 0) return owner;
    const auto own = own_.find(id_of(found));
    return own == own_.end() ? std::string{} : own->second;
  }

  bool is_same_entry(const file_destination& one, const file_destination& other,
                     known_directory& directory) {
    const std::string parent = directory_of(one.path);
    const std::string first = one.path.substr(one.path.rfind('/') + 1);
    const std::string second = other.path.substr(other.path.rfind('/') + 1);
    // A hash says only that they may be.
    if (directories_.at(parent).identity != directory.identity ||
        lower_case(first) != lower_case(second))
      return false;
    if (first == second) return one.path != other.path;  // the loader finds equal texts
    if (!directory.ignores_case) directory.ignores_case = ignores_case(other.path, first, second);
    return *directory.ignores_case;
  }

  bool ignores_case(const std::string& path, const std::string& first, const std::string& second) {
    const descriptor opened = open_directory(with_.system, directory_of(path));
    if (!opened.is_open()) return false;
    int flags = 0;
    if (::ioctl(opened.number(), FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_CASEFOLD_FL) != 0)
      return true;
    struct stat a{};
    struct stat b{};
    const bool are_there = with_.system.lstatat(opened.number(), first.c_str(), &a) == 0 &&
                           with_.system.lstatat(opened.number(), second.c_str(), &b) == 0;
    // A file with one name that is found by two.
    if (are_there) return id_of(a) == id_of(b) && a.st_nlink == 1;
    if (how_ == sync::thoroughness::look) return false;
    temporary_file probe{with_, path, opened.number()};
    return probe.create() && probe.ignores_case();
  }

  void report(const file_destination& first, const file_destination& second) {
    const auto [reported, is_new] = reported_.try_emplace(
        std::tuple{first.sink, second.sink, directory_of(first.path), directory_of(second.path)},
        clashes_.size());
    if (!is_new) {
      ++clashes_[reported->second].workspaces;
      return;
    }
    clashes_.push_back(
        {second.sink, shared_destination_failure(second.path, entry_of(first)).sentence});
  }

  const destination_guard& guard_;
  const sync::thoroughness how_;
  const workshop& with_;
  const std::map<file_id, std::string> own_;
  std::unordered_map<std::string, known_directory> directories_;
  std::unordered_map<std::uint64_t, std::vector<const file_destination*>> entries_;
  std::map<std::tuple<std::size_t, std::size_t, std::string, std::string>, std::size_t> reported_;
  std::vector<destination_clash> clashes_;
};

}  // namespace

std::vector<destination_clash> find_clashes(std::span<const file_destination> all,
                                            const destination_guard& guard, sync::thoroughness how,
                                            const workshop& with) {
  finder look{guard, how, with};
  for (const file_destination& each : all) look.add(each);
  return look.take();
}

}  // namespace tokensyncd::sinks
