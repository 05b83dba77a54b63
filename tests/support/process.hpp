#pragma once

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace tokensyncd::tests {

/// What to start.
struct program {
  std::filesystem::path path;
  std::vector<std::string> arguments{};
  std::map<std::string, std::string> environment{};  ///< beside PATH, HOME and the sanitizers' own
  std::filesystem::path directory{};                 ///< to start in; empty: this one
};

/// A program that runs, with nothing on standard input. What it prints is read as it comes. It is
/// killed when this is destroyed, and when the test dies.
class process {
 public:
  explicit process(const program& what);
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  [[nodiscard]] pid_t id() const { return id_; }

  /// Waits until a whole line with `part` in it has come on either output, and returns that line.
  /// Throws where the program ended without, or the ceiling was reached.
  std::string wait_for_line(std::string_view part);

  /// Sends a signal.
  void signal(int number) const;

  /// Waits for its end: the exit code, or 128 and the number of the signal that killed it. Throws,
  /// and kills it, when the ceiling is reached.
  int wait();

  /// Asks it to end (SIGTERM) where nobody has waited for its end yet, and adds a failure to the
  /// test unless it ends with 0: what a kill would hide, a sanitizer's findings among it.
  void end_well() noexcept;

  [[nodiscard]] bool is_running() const;

  /// What it has printed so far; all of it after wait().
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;

  /// Resident memory of heap and stacks (RssAnon, proc(5)) in KiB. Pages of the program's file
  /// don't count: they come and go with what else the machine does.
  [[nodiscard]] std::size_t anonymous_kib() const;

 private:
  void read_outputs(int output, int errors);
  bool append(int from, std::string& to);
  void stop_reading();

  pid_t id_ = -1;
  int pid_fd_ = -1;
  int stop_fd_ = -1;
  int exit_code_ = -1;
  bool ended_ = false;
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::string output_;
  std::string errors_;
  bool closed_ = false;
  std::thread reader_;
};

/// What a program that has ended said.
struct finished {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

/// Runs a program to its end.
[[nodiscard]] finished run(const program& what);

/// The same on a terminal of its own, `columns` wide: `output` is all that it showed there, as it
/// was sent to it.
[[nodiscard]] finished run_on_terminal(const program& what, unsigned short columns);

}  // namespace tokensyncd::tests
