#pragma once

#include <functional>
#include <future>
#include <thread>
#include <type_traits>
#include <utility>

namespace tokensyncd {

/// Runs `work` on a thread of its own and waits for its end: returns what it returns, and throws
/// what it throws. (An exception that leaves a thread would end the program.) Throws
/// std::system_error where no thread can be started; then `work` hasn't run.
template <class Work>
std::invoke_result_t<Work&> on_another_thread(Work work) {
  std::packaged_task<std::invoke_result_t<Work&>()> job{std::move(work)};
  auto outcome = job.get_future();
  std::thread{std::ref(job)}.join();
  return outcome.get();
}

}  // namespace tokensyncd
