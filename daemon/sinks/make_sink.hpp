#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/file/commit/system_calls.hpp"
#include "daemon/sinks/file/place_guard.hpp"
#include "daemon/sinks/writer_identity.hpp"
#include "daemon/sync/ports/hook.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks::vault {
class unwrapped_secrets;
}

namespace tokensyncd::sinks {

/// Takes a sentence about one sink for the log; each trouble comes once, not with every call.
using notice =
    std::function<void(log_level level, const std::string& sink, const std::string& sentence)>;

/// Takes a line that a sink's program wrote, with what is secret masked. `stream` is `stdout` or
/// `stderr`.
using program_line =
    std::function<void(const std::string& sink, std::string_view stream, std::string_view line)>;

/// What sinks share; all of it must outlive them.
struct sink_world {
  system_calls& system;             ///< the kernel
  const writer_identity& identity;  ///< one for the whole program
  asio::io_context& loop;
  clock& time;
  random_source& rng;
  const fingerprinter& prints;          ///< of the installation, as the ledger's
  vault::unwrapped_secrets& unwrapped;  ///< one for the whole program
  std::string partner;                  ///< partner.id, by which others see whose work something is
  std::string user_agent;               ///< `tokensyncd/<version>`
  notice tell;
  program_line hear{};  ///< empty: nobody listens
  /// Knows the tokens of all workspaces again, asked anew for each run of a program; empty: none.
  std::function<sync::token_test()> tokens{};
  /// What else programs' output is shown without: the Partner Secrets. Empty: none.
  std::function<std::vector<const secret*>()> secrets{};
  /// One for the whole program, as sinks may lead to one place.
  std::shared_ptr<destination_guard> guard = std::make_shared<destination_guard>();
};

/// The one switch over the kinds of sink. `settings` are copied; throws std::invalid_argument for
/// what the loader would have refused, std::runtime_error where a file that it names (CA,
/// certificate) can't be used.
[[nodiscard]] std::unique_ptr<sync::sink> make_sink(const config::sink& settings,
                                                    const sink_world& world);

/// What is run after a sink's content has changed; null where nothing is.
[[nodiscard]] std::unique_ptr<sync::hook> make_hook(const config::sink& settings,
                                                    const sink_world& world);

}  // namespace tokensyncd::sinks
