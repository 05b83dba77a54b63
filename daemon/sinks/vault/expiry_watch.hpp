#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sinks/vault/secret/version_expiry.hpp"

namespace tokensyncd::sinks::vault {

/// Wakes the sink when versions that the server deletes by itself have to be written again
/// (version_expiry). For the loop's thread.
class expiry_watch {
 public:
  /// Refers to `time`. `on_first` is called once, with the first version that is deleted by itself;
  /// `on_due` each time when secrets are due.
  expiry_watch(clock& time, std::function<void(const kept_version&)> on_first,
               std::function<void()> on_due);

  /// A version was written just now, or was read.
  void written(std::string_view destination, const std::optional<kept_version>& how);
  void seen(std::string_view destination, const std::optional<kept_version>& how);

  void forget(std::string_view destination) { expiry_.forget(destination); }

  /// Whether the secret has to be written again.
  [[nodiscard]] bool is_due(std::string_view destination) const {
    return expiry_.is_due(destination, time_.now());
  }

  /// Waits for secrets that are due, until cancelled.
  task<> watch();

 private:
  void note(const std::optional<kept_version>& how);

  clock& time_;
  const std::function<void(const kept_version&)> on_first_;
  const std::function<void()> on_due_;
  version_expiry expiry_;
  std::unique_ptr<sleeper> alarm_;
  bool had_one_ = false;
};

}  // namespace tokensyncd::sinks::vault
