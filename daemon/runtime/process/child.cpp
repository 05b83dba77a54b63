#include "daemon/runtime/process/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/runtime/async/task_group.hpp"

namespace tokensyncd {
namespace {

constexpr std::size_t read_at_once = 4096;
constexpr std::chrono::milliseconds pause_when_cut{10};
constexpr std::size_t a_pipe_holds = 64 * 1024;

/// One read's bytes: a program may write what it was given.
struct wiped_buffer {
  std::array<char, read_at_once> bytes{};
  wiped_buffer() = default;
  wiped_buffer(const wiped_buffer&) = delete;
  wiped_buffer& operator=(const wiped_buffer&) = delete;
  ~wiped_buffer() { wipe(bytes.data(), bytes.size()); }
};

/// What the kernel says of a child that has ended, which is gone after that. Of one that was given
/// up, what it is to end by.
child_end reap(int process) {
  siginfo_t found{};
  while (::waitid(P_PIDFD, static_cast<id_t>(process), &found, WEXITED | WNOHANG) != 0 &&
         errno == EINTR) {
  }
  using manner = child_end::manner;
  if (found.si_pid == 0) return {manner::signalled, SIGKILL};
  return {found.si_code == CLD_EXITED ? manner::exited : manner::signalled, found.si_status};
}

}  // namespace

std::string describe(const child_end& end, std::chrono::milliseconds limit) {
  switch (end.how) {
    case child_end::manner::exited:
      return "ended with exit code " + std::to_string(end.number);
    case child_end::manner::signalled:
      return "was ended by signal " + std::to_string(end.number);
    case child_end::manner::timed_out:
      return "was still running after its time limit of " +
             std::to_string(std::chrono::ceil<std::chrono::seconds>(limit).count()) +
             " s and was killed";
    case child_end::manner::stopped:
      return "was killed because tokensyncd is stopping";
  }
  return {};
}

child::child(clock& time, blocking_pool& starter, child_request what)
    : time_(time),
      starter_(starter),
      what_(std::move(what)),
      lines_(what_.on_line ? what_.on_line : [](child_stream, std::string_view, std::size_t) {}),
      deadline_(time) {}

/// A cancellation state is that of all who await each other, so what is changed below must be on
/// a stack of its own: the caller could never be cancelled again.
task<result<child_end>> child::run() {
  const auto home = co_await asio::this_coro::executor;
  auto apart = run_apart();
  co_return co_await asio::co_spawn(home, std::move(apart), use_task);
}

task<result<child_end>> child::run_apart() {
  const auto home = co_await asio::this_coro::executor;
  const steady_time began = time_.now();
  auto start = [program = what_.program.empty() ? what_.argv.front() : what_.program,
                argv = what_.argv, environment = child_environment(what_.variables),
                takes_input = what_.input != nullptr, file = what_.file] {
    return start_child(program, argv, environment, takes_input, file);
  };
  result<started_child> started = co_await starter_.run(std::move(start));
  if (!started) co_return started.error();
  const pid_t group = -started->id;
  process_ = std::make_unique<stream>(home, started->process.release());
  output_ = std::make_unique<stream>(home, started->output.release());
  errors_ = std::make_unique<stream>(home, started->errors.release());
  deadline_.set_limit(time_.now() + what_.limit);

  task_group parts(home);
  parts.start(note_end());
  parts.start(listen(*output_, child_stream::out));
  parts.start(listen(*errors_, child_stream::err));
  if (what_.input != nullptr) {
    input_ = std::make_unique<stream>(home, started->input.release());
    parts.start(feed());
  }

  bool cancelled = false;
  try {
    co_await deadline_.until_ended_or_late();
  } catch (const boost::system::system_error&) {
    cancelled = true;
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const bool by_us = !deadline_.has_ended();
  const bool stopped = time_.now() < deadline_.limit();
  if (by_us) {
    deadline_.set_next_signal(time_.now() + grace);
    if (!cancelled) {
      ::kill(group, SIGTERM);
      co_await deadline_.until_ended_or_late();
    }
    // Before it is reaped, as until then its group's number can't be another's.
    ::kill(group, SIGKILL);
    // Nothing more can be done to one that doesn't end even so, and a stop must not hang with it.
    deadline_.set_next_signal(time_.now() + grace);
    co_await deadline_.until_ended_or_late();
  }
  child_end end = reap(process_->native_handle());
  end.duration = time_.now() - began;
  if (by_us) end.how = stopped ? child_end::manner::stopped : child_end::manner::timed_out;

  parts.cancel();
  co_await parts.join();
  read_what_is_there(*output_, child_stream::out);
  read_what_is_there(*errors_, child_stream::err);
  lines_.finish();
  close_streams();
  if (cancelled) throw boost::system::system_error(asio::error::operation_aborted);
  co_return end;
}

task<> child::note_end() {
  co_await process_->async_wait(stream::wait_read, asio::as_tuple(use_task));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return;
  deadline_.note_end();
}

task<> child::feed() {
  const std::string_view all = what_.input->reveal();
  for (std::size_t sent = 0; sent < all.size();) {
    const auto rest = asio::buffer(all.data() + sent, all.size() - sent);
    const auto [error, count] = co_await input_->async_write_some(rest, asio::as_tuple(use_task));
    // Whoever doesn't want all of it may close its end: the exit code says whether that was right.
    if (error) break;
    sent += count;
  }
  boost::system::error_code ignored;
  input_->close(ignored);
}

task<> child::listen(stream& from, child_stream which) {
  const auto pause = time_.make_sleeper();
  for (;;) {
    wiped_buffer got;
    const auto room = asio::buffer(got.bytes);
    const auto [error, count] = co_await from.async_read_some(room, asio::as_tuple(use_task));
    if (error) co_return;
    lines_.add(which, std::string_view(got.bytes.data(), count));
    if (!lines_.is_cut()) continue;
    co_await pause->sleep_until(time_.now() + pause_when_cut);
    // A pipe's worth, or one who merely says a lot would be held up until its time is over.
    read_what_is_there(from, which);
  }
}

/// Without waiting: at the end, as what its heirs write later is nobody's.
void child::read_what_is_there(stream& from, child_stream which) {
  from.native_non_blocking(true);
  wiped_buffer got;
  for (std::size_t all = 0; all < a_pipe_holds;) {
    const auto count = ::read(from.native_handle(), got.bytes.data(), got.bytes.size());
    if (count <= 0) return;
    lines_.add(which, std::string_view(got.bytes.data(), static_cast<std::size_t>(count)));
    all += static_cast<std::size_t>(count);
  }
}

void child::close_streams() {
  for (auto* each : {&process_, &input_, &output_, &errors_}) each->reset();
}

}  // namespace tokensyncd
