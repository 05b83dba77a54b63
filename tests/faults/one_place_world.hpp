#pragma once

#include <cctype>
#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>

#include "daemon/sinks/file/commit/system_calls.hpp"
#include "tests/support/sink_desk.hpp"

namespace tokensyncd::tests {

/// A kernel whose file system takes `A` for `a`, as vfat and ext4 with casefold do.
class folding_system final : public sinks::system_calls {
 public:
  int openat(int directory, const char* name, int flags, mode_t mode) override {
    const bool is_entry = (flags & O_DIRECTORY) == 0;
    return system_calls::openat(directory, is_entry ? folded(name).c_str() : name, flags, mode);
  }
  int lstatat(int directory, const char* name, struct stat* out) override {
    return system_calls::lstatat(directory, folded(name).c_str(), out);
  }
  int renameat(int directory, const char* from, const char* to) override {
    return system_calls::renameat(directory, folded(from).c_str(), folded(to).c_str());
  }
  int rename_new(int directory, const char* from, const char* to) override {
    if (is_old) {
      errno = EINVAL;
      return -1;
    }
    return system_calls::rename_new(directory, folded(from).c_str(), folded(to).c_str());
  }
  int unlinkat(int directory, const char* name) override {
    return system_calls::unlinkat(directory, folded(name).c_str());
  }
  bool is_old = false;  ///< it can't rename without replacing

 private:
  static std::string folded(const std::string& path) {
    std::string text = path;
    for (auto at = text.rfind('/') + 1; at != text.size(); ++at)
      text[at] = static_cast<char>(std::tolower(text[at]));
    return text;
  }
};

/// Entries of a configuration, each a workspace by a path of its own, with what is recorded of
/// them.
class entries {
 public:
  explicit entries(sinks::system_calls* system = nullptr) : desk{system} {
    std::filesystem::create_directory(desk.directory / "real");
    std::filesystem::create_directory_symlink(desk.directory / "real", desk.directory / "link");
  }

  /// A sink below the desk's directory.
  sync::sink& sink(const std::string& folder) {
    auto& made = sinks_[folder];
    if (!made) {
      desk.settings.path = (desk.directory / folder / "{workspace}").string();
      made = desk.make();
    }
    return *made;
  }

  task<result<sync::delivered>> deliver(std::string folder, std::string workspace,
                                        std::string token, std::uint32_t generation) {
    const std::pair key{folder, workspace};
    const revision what{generation, desk.prints.of(token), rotated};
    const secret value{token};
    const sync::etag_search others = [this, &key](const sync::etag_test& is_it) {
      std::optional<sync::etag_owner> owner;
      for (const auto& [whom, known] : recorded)
        if (whom != key && is_it(known.tag)) owner = {whom.second, whom.first};
      return owner;
    };
    const auto known = recorded.find(key);
    const sync::delivery_request order{
        {workspace, desk.labels},
        what,
        value,
        known == recorded.end() ? std::nullopt : std::optional{known->second},
        std::nullopt,
        others};
    auto outcome = co_await sink(folder).deliver(order);
    if (outcome) recorded[key] = sync::recorded{what.token, outcome->tag};
    co_return outcome;
  }

  /// The outcome in a word, or the sentence of a conflict.
  std::string tried(const std::string& folder, const std::string& workspace,
                    const std::string& token, std::uint32_t generation = 1) {
    return told(run_task(desk.loop, deliver(folder, workspace, token, generation)));
  }
  static std::string told(const result<sync::delivered>& how) {
    if (how) return "delivered";
    return (how.error().kind == failure_kind::conflict ? "conflict: " : "") + how.error().sentence;
  }

  [[nodiscard]] std::string content(const std::string& path) const {
    return bytes_of(desk.directory / path);
  }

  sink_desk desk;
  std::map<std::pair<std::string, std::string>, sync::recorded> recorded;  ///< folder, workspace

 private:
  std::map<std::string, std::unique_ptr<sync::sink>> sinks_;
};

}  // namespace tokensyncd::tests
