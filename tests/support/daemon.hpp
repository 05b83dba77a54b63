#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "tests/support/http_call.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {

/// What a test's configuration says; the rest is what works against a sandbox.
struct daemon_options {
  std::vector<std::string> workspaces{};
  std::string interval = "1h";
  std::string rate_limit = "5000/s";
  std::string partner_more{};  ///< lines below `partner:`, without their indentation
  std::string sink_more{};     ///< lines below the file sink
  std::string sinks_more{};    ///< whole sinks, below `sinks:`
  std::string more{};          ///< whole sections
  std::string state = "{type: sqlite, file: state.db}";
  std::string log_level = "debug";
  std::string ready_grace = "30s";
  std::map<std::string, std::string> environment{};  ///< of the program
};

/// A tokensyncd with a directory of its own: configuration, Partner Secret, token files (one a
/// workspace in `tokens/`), state, control socket; against a sandbox.
class daemon {
 public:
  daemon(sandbox& api, daemon_options options);
  ~daemon();  ///< stops one that runs, and adds a failure to the test unless it ends with 0
  daemon(const daemon&) = delete;
  daemon& operator=(const daemon&) = delete;

  /// Where everything is.
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  [[nodiscard]] std::filesystem::path config_file() const {
    return directory() / "tokensyncd.yaml";
  }
  [[nodiscard]] std::filesystem::path secret_file() const { return directory() / "partner-secret"; }
  [[nodiscard]] std::filesystem::path token_file(std::string_view workspace) const;
  [[nodiscard]] std::filesystem::path socket() const { return directory() / "control.sock"; }

  /// What is in a workspace's file; empty where there is none.
  [[nodiscard]] std::string delivered(std::string_view workspace) const;

  /// Changes what the configuration file says; the daemon isn't told.
  void configure(daemon_options options);
  [[nodiscard]] const daemon_options& options() const { return options_; }

  /// How a command is started, for who wants to see it run.
  [[nodiscard]] program program_of(std::vector<std::string> words,
                                   const std::vector<std::string>& below = {}) const;

  /// Runs a command (`once`, `check`, …) to its end; `below` another program (its whole path and
  /// its words) that starts it, where there is one.
  [[nodiscard]] finished command(const std::vector<std::string>& words,
                                 const std::vector<std::string>& below = {}) const;

  /// The same on a terminal that is `columns` wide: `output` is what it shows.
  [[nodiscard]] finished command_on_terminal(const std::vector<std::string>& words,
                                             unsigned short columns) const;

  /// Starts `tokensyncd run`, or another command that lasts; `below` as for command(), of a program
  /// that becomes it.
  void launch(const std::vector<std::string>& below = {},
              const std::vector<std::string>& words = {"run"});
  /// Starts `tokensyncd run` and waits until its control socket answers.
  void start(const std::vector<std::string>& below = {});
  /// SIGTERM and its exit code; what it said stays in all_output().
  int stop();
  /// SIGKILL.
  void kill();
  [[nodiscard]] process& running() { return *process_; }

  /// Where it listens for events, which `webhook: {listen: ["127.0.0.1:0"]}` leaves to it.
  [[nodiscard]] std::uint16_t webhook_port() const;

  /// Asks it over the control socket.
  [[nodiscard]] http_answer ask(std::string_view path, std::string_view method = "GET") const;
  /// All samples of /metrics, by name and labels as they are written.
  [[nodiscard]] std::map<std::string, double> metrics() const;
  /// One sample; 0 where it isn't there.
  [[nodiscard]] double metric(const std::string& name) const;
  [[nodiscard]] boost::json::value status() const;
  /// One workspace's part of /status. Throws where it isn't listed.
  [[nodiscard]] boost::json::object status(std::string_view workspace) const;
  [[nodiscard]] bool is_ready() const { return ask("/readyz").status == 200; }

  /// Both outputs of all runs and commands so far. A running daemon logs on a thread of its own, so
  /// a line may come later than the effect that it reports: wait for it with says().
  [[nodiscard]] std::string all_output() const;
  /// Waits until all_output() contains `text`; false when it does not within the ceiling.
  [[nodiscard]] bool says(std::string_view text) const;

 private:
  sandbox& api_;
  temporary_directory directory_;
  daemon_options options_;
  std::unique_ptr<process> process_;
  mutable std::string said_;
};

}  // namespace tokensyncd::tests
