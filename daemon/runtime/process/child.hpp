#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/blocking_pool.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/process/child_deadline.hpp"
#include "daemon/runtime/process/child_output.hpp"
#include "daemon/runtime/process/child_start.hpp"

namespace tokensyncd {

/// A program to be run once.
struct child_request {
  std::vector<std::string> argv;  ///< at least its own name
  std::string program{};          ///< what is executed, with a slash; empty: argv's first
  child_variables variables{};    ///< beside what is passed on; see child_environment()
  std::chrono::milliseconds limit{30'000};
  const secret* input = nullptr;  ///< for its standard input; null: /dev/null. Must outlive the run
  int file = -1;                  ///< open meanwhile: it has it as descriptor 3; -1: none
  child_lines on_line{};          ///< called on the loop's thread; must not throw
};

/// How a program ended.
struct child_end {
  /// timed_out: by us, after its time limit. stopped: by us, as end_by() asked.
  enum class manner : std::uint8_t { exited, signalled, timed_out, stopped };
  manner how = manner::exited;
  int number = 0;  ///< exit code, or the signal that ended it
  std::chrono::nanoseconds duration{0};

  [[nodiscard]] bool succeeded() const noexcept { return how == manner::exited && number == 0; }
};

/// How it ended as a clause, e.g. `ended with exit code 3`.
[[nodiscard]] std::string describe(const child_end& end, std::chrono::milliseconds limit);

/// One run of a program as the loop sees it. SIGPIPE must be ignored (harden_process does it).
///
/// Who takes too long gets SIGTERM and `grace` later SIGKILL, each with its whole process group. A
/// program that ends by itself leaves behind what it started in the background: that isn't waited
/// for, not even where it holds the output open. Nor is one that SIGKILL doesn't end within another
/// `grace` (a disk that hangs; another user's). Output that nobody wants any more is read slowly
/// and dropped, so a flood costs the loop little.
class child {
 public:
  static constexpr std::chrono::seconds grace{2};

  /// `starter` is where it is started: that blocks while a file system hangs. Both must outlive it.
  child(clock& time, blocking_pool& starter, child_request what);
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  /// Runs it, once. A cancelled run kills the group, waits for its end and throws
  /// operation_aborted. The caller's cancellation state stays as it is. Failures: as of
  /// start_child().
  task<result<child_end>> run();

  /// It has to be through at `when`; a later time than its limit changes nothing.
  void end_by(steady_time when) { deadline_.end_by(when); }

 private:
  using stream = asio::posix::basic_stream_descriptor<executor>;

  task<result<child_end>> run_apart();
  task<> note_end();
  task<> feed();
  task<> listen(stream& from, child_stream which);
  void read_what_is_there(stream& from, child_stream which);
  void close_streams();

  clock& time_;
  blocking_pool& starter_;
  const child_request what_;
  child_output lines_;
  child_deadline deadline_;
  std::unique_ptr<stream> process_;
  std::unique_ptr<stream> input_;
  std::unique_ptr<stream> output_;
  std::unique_ptr<stream> errors_;
};

}  // namespace tokensyncd
