#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "daemon/sinks/make_sink.hpp"
#include "daemon/sinks/vault/login/unwrapped_secrets.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/times.hpp"

namespace tokensyncd::tests {

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline struct stat stat_of(const std::filesystem::path& file) {
  struct stat found{};
  if (::lstat(file.c_str(), &found) != 0) found.st_mode = 0;
  return found;
}

inline mode_t mode_of(const std::filesystem::path& file) {
  return stat_of(file).st_mode & 07777U;
}

/// Chance that is always the middle: no jitter.
class middle_rng final : public random_source {
 public:
  std::uint64_t bits() override { return std::uint64_t{1} << 63U; }
};

/// A file sink on a directory of its own, with all that it needs, and the ledger's memory of what
/// it delivered.
class sink_desk {
 public:
  explicit sink_desk(sinks::system_calls* system = nullptr) {
    if (system != nullptr) system_ = system;
    settings.path = (directory / "{workspace}").string();
  }

  /// What sinks are made with.
  [[nodiscard]] sinks::sink_context context(const sinks::writer_identity& by) {
    const auto tell = [this](log_level, const std::string& sink, const std::string& sentence) {
      notices.push_back(sink + ": " + sentence);
    };
    return {*system_,          by,     loop, time, rng, prints, unwrapped, "acme-partner",
            "tokensyncd/test", {tell}, {},   guard};
  }

  /// A sink of the settings as they are now, as after a reload.
  [[nodiscard]] std::unique_ptr<sync::sink> make(const sinks::writer_identity& by) {
    const config::sink section{.name = "files", .kind = settings};
    return sinks::make_sink(section, context(by));
  }
  [[nodiscard]] std::unique_ptr<sync::sink> make() { return make(identity); }

  [[nodiscard]] std::filesystem::path file(const std::string& workspace = "acme") const {
    return directory / workspace;
  }

  /// Delivers with `made`; what it recorded before goes along, and what comes of it is recorded.
  result<sync::delivered> deliver(sync::sink& made, const std::string& token,
                                  std::uint32_t generation = 1,
                                  std::optional<wall_time> rotated_at = rotated) {
    const revision what{generation, prints.of(token), rotated_at};
    const secret value{token};
    uncertain = {};
    const sync::delivery_request order{{"acme", labels}, what, value,     present,
                                       std::nullopt,     {},   &uncertain};
    auto outcome = run_task(loop, made.deliver(order));
    if (outcome) present = sync::recorded{what.token, outcome->tag};
    return outcome;
  }
  result<sync::delivered> deliver(const std::string& token, std::uint32_t generation = 1,
                                  std::optional<wall_time> rotated_at = rotated) {
    return deliver(*make(), token, generation, rotated_at);
  }

  bool drifted() {
    std::vector<sync::inspection> destinations{
        {{"acme", labels}, present.value_or(sync::recorded{}).tag}};
    run_task(loop, make()->inspect(destinations));
    return destinations.front().seen == sync::destination_state::drifted;
  }

  /// Names in the directory, sorted by the file system alone.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& each : std::filesystem::directory_iterator{directory.path()})
      all.push_back(each.path().filename());
    return all;
  }

  sync::etag uncertain{};  ///< of what the last delivery may have left, although it failed
  temporary_directory directory;
  config::file_sink_settings settings;
  config::labels labels;
  installation_key key{1, 2, 3};
  sinks::writer_identity identity{key};
  fingerprinter prints{key};
  std::optional<sync::recorded> present{};
  asio::io_context loop{1};
  hand_clock time{loop};
  sinks::vault::unwrapped_secrets unwrapped{time};
  middle_rng rng;
  std::vector<std::string> notices;  ///< as `sink: sentence`
  std::shared_ptr<sinks::destination_guard> guard = std::make_shared<sinks::destination_guard>();

 private:
  sinks::system_calls real_;
  sinks::system_calls* system_ = &real_;
};

}  // namespace tokensyncd::tests
