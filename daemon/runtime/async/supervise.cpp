#include "daemon/runtime/async/supervise.hpp"

#include <algorithm>
#include <chrono>
#include <typeinfo>

#include <boost/asio/co_spawn.hpp>
#include <boost/core/demangle.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd {
namespace {

using namespace std::chrono_literals;

constexpr backoff between_tries{1s, 1min};

std::string kind_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code().message();
  } catch (const std::exception& error) {
    return boost::core::demangle(typeid(error).name());
  } catch (...) {
    return "of an unknown type";
  }
}

}  // namespace

bool is_cancellation(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& caught) {
    return caught.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

failure fault_of(const std::string& task, const std::exception_ptr& thrown) {
  return {failure_kind::fault,
          task + ": an unexpected exception (" + kind_of(thrown) +
              ") stopped it; this is a bug, please report it. tokensyncd retries it"};
}

task<> supervised(clock& time, sleeper& pause, std::string name, std::function<task<>()> work,
                  std::function<void(const failure&)> tell) {
  const auto home = co_await asio::this_coro::executor;
  for (unsigned failures = 1;; ++failures) {
    const steady_time began = time.now();
    std::exception_ptr thrown;
    try {
      // On a stack of its own: what it makes of its cancellation state must not outlive it.
      auto run = work();
      co_await asio::co_spawn(home, std::move(run), use_task);
    } catch (...) {
      thrown = std::current_exception();
    }
    if (!thrown) co_return;
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool stopped = state.cancelled() != asio::cancellation_type::none;
    if (stopped && is_cancellation(thrown)) std::rethrow_exception(thrown);
    tell(fault_of(name, thrown));
    if (stopped) co_return;
    if (time.now() - began > between_tries.most) failures = 1;
    co_await pause.sleep_until(time.now() + between_tries.after(failures));
  }
}

task<> supervised(clock& time, std::string name, std::function<task<>()> work,
                  std::function<void(const failure&)> tell) {
  const auto pause = time.make_sleeper();
  co_await supervised(time, *pause, std::move(name), std::move(work), std::move(tell));
}

}  // namespace tokensyncd
