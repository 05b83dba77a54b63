#!/usr/bin/env bash
# Asio (Boost 1.81.0, Debian 12): what a coroutine sets by `this_coro` about cancellation stays set for
# the coroutine that awaited it.
#
# `co_await this_coro::reset_cancellation_state(disable_cancellation())` and
# `co_await this_coro::throw_if_cancelled(false)` read as if they concerned the coroutine that says them.
# They concern the whole chain of awaits up to co_spawn, and nothing restores them when the callee
# returns. A helper that shields its own last write therefore leaves its caller deaf to every later
# cancellation: a shutdown that waits for that caller waits until the operation ends by itself. Only a
# coroutine started by co_spawn (awaited through use_awaitable) has a state of its own.
#
# Seen: after the helper returns, the caller's timer of 1 s is not cancelled by a signal that cancels it
# without the helper, and runs to its end. The helper below co_spawn leaves the caller as it was.
# A guard in a program: restore with reset_cancellation_state(enable_terminal_cancellation()) in the same
# function that disabled it, or run the shielded part in a co_spawn of its own.
set -euo pipefail

package=libboost1.81-dev version=1.81.0-5+deb12u1
command -v g++ >/dev/null || { echo "needs g++ (12 or newer)"; exit 2; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
cd "$scratch"
apt-get download -qq "$package=$version" 2>apt.log || { cat apt.log; exit 2; }
dpkg-deb -x "$package"_*.deb boost

cat >program.cpp <<'CPP'
#include <boost/asio.hpp>
#include <boost/version.hpp>
#include <chrono>
#include <cstdio>

namespace asio = boost::asio;
using namespace std::chrono_literals;

enum class helper { does_nothing, shields, hushes, shields_in_a_spawn };

asio::awaitable<void> shield() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
}
asio::awaitable<void> hush() { co_await asio::this_coro::throw_if_cancelled(false); }
asio::awaitable<void> nothing() { co_return; }

asio::awaitable<void> call(helper which) {
  if (which == helper::shields) co_await shield();
  if (which == helper::hushes) co_await hush();
  if (which == helper::does_nothing) co_await nothing();
  if (which == helper::shields_in_a_spawn) {
    auto own = co_await asio::this_coro::executor;
    co_await asio::co_spawn(own, shield(), asio::use_awaitable);
  }
}

struct seen {
  bool timer_cancelled = false;
  bool throws = false;  // whether the next await would throw after a cancellation
};

asio::awaitable<void> caller(helper which, seen& out) {
  co_await call(which);
  out.throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer(co_await asio::this_coro::executor, 1s);
  auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  out.timer_cancelled = error == asio::error::operation_aborted;
}

void run(helper which, const char* name) {
  asio::io_context loop;
  asio::cancellation_signal stop;
  seen out;
  asio::co_spawn(loop, caller(which, out), asio::bind_cancellation_slot(stop.slot(), asio::detached));
  loop.poll();
  stop.emit(asio::cancellation_type::terminal);
  loop.run();
  std::printf("%-32s caller cancelled: %-3s  caller throws if cancelled: %s\n", name,
              out.timer_cancelled ? "yes" : "no", out.throws ? "yes" : "no");
}

int main() {
  run(helper::does_nothing, "helper does nothing");
  run(helper::shields, "helper disables cancellation");
  run(helper::hushes, "helper sets throw_if_cancelled");
  run(helper::shields_in_a_spawn, "the same below co_spawn");
}
CPP
g++ -std=c++20 -I boost/usr/include program.cpp -o program
echo "$package $version, $(g++ --version | head -n 1)"
./program | tee output
diff output - <<'END_OF_OUTPUT' && echo "as described"
helper does nothing              caller cancelled: yes  caller throws if cancelled: yes
helper disables cancellation     caller cancelled: no   caller throws if cancelled: yes
helper sets throw_if_cancelled   caller cancelled: yes  caller throws if cancelled: no
the same below co_spawn          caller cancelled: yes  caller throws if cancelled: yes
END_OF_OUTPUT
