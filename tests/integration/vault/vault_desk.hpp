#pragma once

#include <exception>
#include <fstream>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>

#include "daemon/runtime/random.hpp"
#include "daemon/sinks/vault/server/transport.hpp"
#include "tests/integration/vault/scripted_vault.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {

/// Chance that always says the same.
class no_rng final : public random_source {
 public:
  std::uint64_t bits() override { return 0; }
};

/// A loop, a clock moved by hand, and scripted servers of Vault.
class vault_desk : public testing::Test {
 protected:
  /// Runs the loop until `work` is done; what else waits on it stays there.
  template <class Value>
  Value run(task<Value> work) {
    std::optional<Value> value;
    auto finished = [&](const std::exception_ptr& error, Value got) {
      if (error) std::rethrow_exception(error);
      value.emplace(std::move(got));
    };
    asio::co_spawn(loop_, std::move(work), finished);
    run_until([&] { return value.has_value(); });
    return std::move(*value);
  }

  /// Starts what goes on beside the rest; it is cancelled by stop_all().
  template <class Value>
  void start(task<Value> work) {
    ++running_;
    stops_.emplace_back();
    auto finished = [this](const std::exception_ptr&, auto&&...) { --running_; };
    asio::co_spawn(loop_, std::move(work),
                   asio::bind_cancellation_slot(stops_.back().slot(), finished));
  }
  void stop_all() {
    for (auto& each : stops_) each.emit(asio::cancellation_type::terminal);
    run_until([&] { return running_ == 0; });
  }

  /// Lets the loop turn until something holds; the test's own time limit ends one that never does.
  void run_until(const std::function<bool()>& holds) {
    loop_.restart();
    while (!holds()) loop_.run_one_for(std::chrono::milliseconds{10});
  }

  /// Lets everything that can go on do so until one coroutine sleeps.
  void settle() {
    loop_.restart();
    loop_.poll();  // whom the clock has woken is asleep no longer
    run_until([this] { return clock_.sleeping() == 1; });
  }

  void put(const char* name, std::string_view content) {
    std::ofstream(directory_ / name, std::ios::trunc) << content;
    ::chmod((directory_ / name).c_str(), 0600);
  }

  config::vault_sink_settings settings() {
    config::vault_sink_settings made;
    made.addresses = {vault_.address()};
    return made;
  }

  temporary_directory directory_;
  asio::io_context loop_{1};
  hand_clock clock_{loop_};
  no_rng rng_;
  scripted_vault vault_;
  std::list<asio::cancellation_signal> stops_;
  int running_ = 0;
};

}  // namespace tokensyncd::tests
