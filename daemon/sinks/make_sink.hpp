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

/// The log as sinks see it. Called on the loop's thread.
struct sink_log {
  notice report;
  program_line program_output{};  ///< empty: the output of programs is dropped
};

/// The secrets that are masked in the output of programs. Asked on the loop's thread, anew for
/// each run of a program.
struct masked_secrets {
  /// Knows the tokens of all workspaces; empty: none.
  std::function<sync::token_test()> tokens{};
  /// The Partner Secrets; empty: none.
  std::function<std::vector<const secret*>()> partner{};
};

/// The services that sinks share; all of them must outlive the sinks.
struct sink_context {
  system_calls& system;             ///< the kernel
  const writer_identity& identity;  ///< one for the whole program
  asio::io_context& loop;
  clock& time;
  random_source& rng;
  const fingerprinter& prints;          ///< of the installation, as the ledger's
  vault::unwrapped_secrets& unwrapped;  ///< one for the whole program
  std::string partner;                  ///< partner.id: signatures in Vault name it as the owner
  std::string user_agent;               ///< `tokensyncd/<version>`
  sink_log log;
  masked_secrets masked{};
  /// One for the whole program, because sinks may lead to one destination.
  std::shared_ptr<destination_guard> guard = std::make_shared<destination_guard>();
};

/// The one switch over the kinds of sink. `settings` are copied; throws std::invalid_argument for
/// what the loader would have refused, std::runtime_error where a file that it names (CA,
/// certificate) can't be used.
[[nodiscard]] std::unique_ptr<sync::sink> make_sink(const config::sink& settings,
                                                    const sink_context& context);

/// What is run after a sink's content has changed; null where nothing is.
[[nodiscard]] std::unique_ptr<sync::hook> make_hook(const config::sink& settings,
                                                    const sink_context& context);

}  // namespace tokensyncd::sinks
