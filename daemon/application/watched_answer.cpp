#include "daemon/application/watched_answer.hpp"

#include <exception>
#include <string>
#include <utility>

#include "daemon/runtime/async/supervise.hpp"

namespace tokensyncd {
namespace {

[[noreturn]] void tell_and_throw(const std::exception_ptr& thrown, telemetry::observer& observer) {
  if (!is_cancellation(thrown)) observer.task_failed(fault_of("an answer to a request", thrown));
  std::rethrow_exception(thrown);
}

}  // namespace

task<http::reply> watched(task<http::reply> answering, telemetry::observer& observer) {
  http::reply answer;
  std::exception_ptr thrown;
  try {
    answer = co_await std::move(answering);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) tell_and_throw(thrown, observer);
  if (!answer.stream) co_return answer;
  answer.stream = [&observer, next = std::move(answer.stream)](std::string& piece) {
    try {
      return next(piece);
    } catch (...) {
      tell_and_throw(std::current_exception(), observer);
    }
  };
  co_return answer;
}

}  // namespace tokensyncd
