#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/process/sd_notify.hpp"

namespace tokensyncd {

/// Keeps systemd's status line true: looks when something happened, at most once a second, and
/// wakes the process up by itself only while the manager must still be told something that it had
/// no room for. For the loop's thread.
class status_notifier {
 public:
  /// `sentence` is asked for when it may have changed. What is referred to must outlive this.
  status_notifier(clock& time, service_manager& manager, std::function<std::string()> sentence);

  /// Something happened, or a step of the service's life was told.
  void changed() noexcept;

  /// Announces until cancelled (throws system_error(operation_aborted)).
  task<void> run();

 private:
  clock& time_;
  service_manager& manager_;
  std::function<std::string()> sentence_;
  std::unique_ptr<sleeper> sleeper_;
  bool changed_ = true;
};

}  // namespace tokensyncd
