#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/experimental/channel.hpp>

#include "config/loader.hpp"
#include "config/values.hpp"
#include "daemon/application/services.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/blocking_pool.hpp"
#include "daemon/telemetry/observer.hpp"

namespace tokensyncd {

/// Who wants a reload: a person (SIGHUP, `tokensyncd reload`), or a workspace file that changed,
/// which is believed less.
enum class reload_cause : std::uint8_t { asked, watched };

/// A configuration to take, and which workspaces come and go with it, as config::in_words().
struct accepted_reload {
  config::configuration settings;
  std::string changes;
};

/// What to take, or why not.
using reload_decision = boost::system::result<accepted_reload, telemetry::refused_reload>;

/// What becomes of files that were read again. Pure.
[[nodiscard]] reload_decision decide_reload(const config::configuration& running,
                                            config::loaded fresh, reload_cause why);

/// What others than the services do about a configuration that is taken.
struct reload_steps {
  /// Makes what can fail, and changes nothing; a std::runtime_error refuses the configuration.
  std::function<void(const config::configuration&)> prepare;
  /// Puts it in force, after the services have.
  std::function<void(const config::configuration&)> taken;
};

/// Reads the configuration again and has the services take it, or nothing of it. One reload at a
/// time: who comes meanwhile waits. For the loop's thread.
class reloader {
 public:
  /// `parts` must outlive this.
  reloader(asio::io_context& loop, services& parts, config::configuration running,
           reload_steps steps);

  /// All or nothing; says which workspaces came and went, as config::in_words(). The failure names
  /// file, line and column, or the key.
  task<result<std::string>> reload(reload_cause why);

  /// Whether the workspace files are others than those that were read last, or were changed since.
  task<bool> files_differ();

  /// Why the last reload was refused; none: it was taken, or there was none.
  [[nodiscard]] const std::optional<telemetry::refused_reload>& last_refusal() const noexcept {
    return refused_;
  }

  /// What is in force.
  [[nodiscard]] const config::configuration& running() const noexcept { return running_; }

 private:
  using turns = asio::experimental::channel<executor, void(boost::system::error_code)>;

  task<result<std::string>> read_and_take(reload_cause why);
  result<void> take(config::configuration next);
  void warn(const std::vector<config::problem>& warnings);

  services& parts_;
  config::configuration running_;
  std::vector<config::file_stamp> seen_;  ///< before the files were read last
  std::optional<telemetry::refused_reload> refused_;
  std::set<std::string> warned_;  ///< of what was read last, so as not to repeat it
  reload_steps steps_;
  blocking_pool files_{1};
  turns turn_;  ///< holds a token while a reload is under way
};

}  // namespace tokensyncd
