// What the sink does by itself: its login, rights that come back, the cluster, versions that the
// server deletes, signatures.
#include <chrono>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/runtime/async/race.hpp"
#include "daemon/sinks/vault/vault_sink.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto time_to_sign_at_the_end = 2s;
constexpr auto between_health_checks = 10s;

task<> pass_time(clock& time, std::chrono::seconds how_long) {
  const auto sleep = time.make_sleeper();
  co_await sleep->sleep_until(time.now() + how_long);
}

}  // namespace

void vault_sink::report(sync::sink_news what) const {
  if (listener_) listener_(what);
}

void vault_sink::recovered() {
  report(sync::sink_news::try_again);
  if (looks_.has_failed()) report(sync::sink_news::look_again);
}

bool vault_sink::ask_anew(sync::anew why) {
  access_.ask_anew(why == sync::anew::by_an_operator);
  signer_.ask_anew();
  return true;
}

task<void> vault_sink::tend() {
  co_await asio::this_coro::throw_if_cancelled(false);
  try {
    auto login = race(access_.login().tend(), access_.watch_rights());
    auto server = race(watch_cluster(), expiry_.watch());
    auto both = race(std::move(login), std::move(server));
    co_await race(std::move(both), signer_.tend());
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) throw;
  }
  // What was delivered last is signed too, unless Vault takes too long.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await race(signer_.settle(), pass_time(time_, time_to_sign_at_the_end));
}

task<> vault_sink::watch_cluster() {
  const auto pause = time_.make_sleeper();
  for (;;) {
    const bool may_have_lost = co_await access_.look_at_cluster();
    if (may_have_lost) {
      log_(log_level::info,
           "Vault at " + access_.host() +
               " was replaced, sealed or unreachable: tokensyncd checks every secret there.");
      report(sync::sink_news::look_again);
    }
    co_await pause->sleep_until(time_.now() + between_health_checks);
  }
}

void vault_sink::log_expiry(const kept_version& how) const {
  const auto kept = std::chrono::floor<std::chrono::seconds>(how.kept_for);
  log_(log_level::info, "Vault at " + access_.host() + " deletes each version after " +
                            std::to_string(kept.count()) +
                            " s (delete_version_after): tokensyncd writes every secret again "
                            "after two thirds of that time.");
}

}  // namespace tokensyncd::sinks::vault
