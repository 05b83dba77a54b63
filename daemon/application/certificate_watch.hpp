#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/values.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/fs/file_reader.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/telemetry/certificates.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd {

/// A file of certificates that the daemon shows to others.
struct certificate_file {
  bool operator==(const certificate_file&) const = default;
  std::string used_by;  ///< see telemetry::certificate
  std::string key;      ///< of the configuration
  std::filesystem::path file;
  std::filesystem::path private_key;  ///< file of its private key
};

/// Those of the webhook and of Vault sinks.
[[nodiscard]] std::vector<certificate_file> certificates_of(const config::configuration& all);

/// Knows when the daemon's certificates expire, and which can't be used: looks at their files every
/// minute, as an operator may replace them. What can't be read keeps its last known time; who uses
/// the file logs why. A trouble counts once two looks have seen it, because the two files of a pair
/// are replaced one after the other. A certificate that is about to expire, and one that has
/// expired, is logged once. For the loop's thread.
class certificate_watch {
 public:
  /// All must outlive it.
  certificate_watch(clock& time, logger& log, metrics::daemon_metrics& metrics);

  /// The files to look at from now on, at once.
  void use(std::vector<certificate_file> files);

  /// Looks until it is cancelled.
  task<> run();

  /// What is known, in the order of the files.
  [[nodiscard]] const std::vector<telemetry::certificate>& known() const noexcept { return known_; }

 private:
  /// What a look has found of one file.
  struct finding {
    std::optional<wall_time> expires{};
    std::string trouble{};
  };
  using findings = std::vector<finding>;
  task<> look();
  void take(const std::vector<certificate_file>& files, const findings& found);
  void warn(const telemetry::certificate& now, const telemetry::certificate* before);
  [[nodiscard]] const telemetry::certificate* find(const certificate_file& file) const;

  clock& time_;
  logger& log_;
  metrics::daemon_metrics& metrics_;
  std::unique_ptr<sleeper> pause_;
  std::vector<certificate_file> files_;
  bool is_new_ = false;  ///< files_ weren't looked at yet
  std::vector<telemetry::certificate> known_;
  std::vector<std::string> troubles_;  ///< that the last look has found, by file
  wall_time looked_at_{};
  file_reader reader_;
};

}  // namespace tokensyncd
