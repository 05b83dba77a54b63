#include "daemon/sinks/file/file_check.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/runtime/fs/access.hpp"
#include "daemon/sinks/file/commit/permissions.hpp"
#include "daemon/sinks/file/commit/rename_rules.hpp"
#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/file/file_look.hpp"

namespace tokensyncd::sinks {
namespace {

/// A block, as a token's file takes one on every file system: a full disk still makes empty files.
constexpr std::size_t bytes_tried = 4096;

constexpr std::string_view path_key = "path";
constexpr std::string_view owner_key = "owner";
constexpr std::string_view group_key = "group";

bool is_mount_point(const std::string& path) {
  struct statx found{};
  return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &found) == 0 &&
         (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

class checker {
 public:
  checker(permissions wanted, sync::thoroughness how, const workshop& with)
      : wanted_(wanted), how_(how), with_(with), system_(with.system) {}

  void add(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string directory = path.substr(0, slash == 0 ? 1 : slash);
    const auto [known, is_new] = directories_.try_emplace(directory);
    if (is_new) {
      known->second = look_into(directory, path);
    } else if (known->second) {
      ++problems_[*known->second].workspaces;
    }
    if (!known->second) look_at_place(path);
  }

  std::vector<sync::destination_problem> take() { return std::move(problems_); }

 private:
  /// Where the problem of `directory` stands; none where it has none.
  std::optional<std::size_t> look_into(const std::string& directory, const std::string& path) {
    const descriptor opened = open_directory(system_, directory);
    if (!opened.is_open()) return report(path_key, failed(path, file_step::open_directory, errno));
    // First, as of an immutable one the kernel says no more than that it isn't permitted.
    if (auto refused = rename_refusal(path, opened.number(), wanted_, std::nullopt))
      return report(path_key, *std::move(refused));
    if (const int error = refusal_in_directory(directory); error != 0)
      return report(path_key, failed(path, file_step::create, error));
    struct stat found{};
    if (system_.fstat(opened.number(), &found) != 0)
      return report(path_key, failed(path, file_step::look, errno));
    if (!wanted_.group_can_be_set(found))
      return report_once(group_key, failed(path, file_step::set_owner, EPERM));
    if (!wanted_.owner_can_be_set())
      return report_once(owner_key, failed(path, file_step::set_owner, EPERM));
    if (how_ == sync::thoroughness::look) return {};
    if (auto tried = try_out(opened, path); !tried) return report(path_key, tried.error());
    return {};
  }

  void look_at_place(const std::string& path) {
    if (auto found = look_at(system_, AT_FDCWD, path, path); !found) {
      report(path_key, found.error());
    } else if (is_mount_point(path)) {
      report(path_key, mount_point_failure(path));
    } else if (auto refused = *found ? refusal_to_replace(path, **found) : std::nullopt) {
      report(path_key, *std::move(refused));
    }
  }

  std::optional<failure> refusal_to_replace(const std::string& path, const struct stat& found) {
    const descriptor opened = open_directory(system_, directory_of(path));
    if (!opened.is_open()) return std::nullopt;
    return rename_refusal(path, opened.number(), wanted_, found);
  }

  result<void> try_out(const descriptor& directory, const std::string& path) {
    const std::string parent = directory_of(path);
    with_.sweeper.sweep_once(parent, directory.number());
    // What an earlier one had to leave is tried again before there is another.
    if (with_.sweeper.clear(parent, directory.number())) {
      temporary_file probe{with_, path, directory.number()};
      auto tried = probe.create();
      if (tried) tried = probe.set(wanted_);
      if (tried) tried = probe.write(std::string(bytes_tried, '\0'));
      if (tried) tried = probe.try_rename();
      if (tried) tried = probe.sync();
      if (!tried) return tried;
    }
    if (with_.sweeper.clear(parent, directory.number())) return {};
    return failed(path, file_step::rename, EPERM);
  }

  static failure failed(const std::string& path, file_step step, int error) {
    return file_failure(path, step, error);
  }

  std::size_t report(std::string_view key, failure what) {
    problems_.push_back({key, std::move(what)});
    return problems_.size() - 1;
  }

  /// What is the same in every directory.
  std::size_t report_once(std::string_view key, failure what) {
    const auto reported =
        std::find_if(problems_.begin(), problems_.end(),
                     [key](const sync::destination_problem& each) { return each.key == key; });
    if (reported == problems_.end()) return report(key, std::move(what));
    ++reported->workspaces;
    return static_cast<std::size_t>(reported - problems_.begin());
  }

  const permissions wanted_;
  const sync::thoroughness how_;
  const workshop& with_;
  system_calls& system_;
  std::map<std::string, std::optional<std::size_t>> directories_;
  std::vector<sync::destination_problem> problems_;
};

/// The names of `settings` in the kernel's numbers. An unknown one concerns all files, and is left
/// out, so that the rest can be looked at.
permissions resolve_names(const config::file_sink_settings& settings, std::size_t files,
                          std::vector<sync::destination_problem>& problems) {
  config::file_sink_settings owner_alone;
  owner_alone.owner = settings.owner;
  config::file_sink_settings group_alone;
  group_alone.group = settings.group;
  permissions wanted{static_cast<mode_t>(settings.mode)};
  if (const auto owner = resolve(owner_alone); owner) {
    wanted.owner = owner->owner;
  } else {
    problems.push_back({owner_key, owner.error(), files});
  }
  if (const auto group = resolve(group_alone); group) {
    wanted.group = group->group;
  } else {
    problems.push_back({group_key, group.error(), files});
  }
  return wanted;
}

}  // namespace

std::vector<sync::destination_problem> check_files(std::span<const std::string> paths,
                                                   const config::file_sink_settings& settings,
                                                   sync::thoroughness how, const workshop& with) {
  std::vector<sync::destination_problem> problems;
  checker look{resolve_names(settings, paths.size(), problems), how, with};
  for (const std::string& path : paths) look.add(path);
  for (sync::destination_problem& each : look.take()) problems.push_back(std::move(each));
  return problems;
}

}  // namespace tokensyncd::sinks
