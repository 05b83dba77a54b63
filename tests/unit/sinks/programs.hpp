#pragma once

#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "daemon/sinks/make_sink.hpp"
#include "daemon/sinks/vault/login/unwrapped_secrets.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::sinks {

/// Scripts in a directory of their own, and the context of a sink that runs them.
struct with_programs : testing::Test {
  with_programs() { std::signal(SIGPIPE, SIG_IGN); }

  /// The path of a shell script that knows the directory as `$home`.
  std::string script(const std::string& name, const std::string& text) {
    std::ofstream(home / name) << "#!/bin/sh\nhome=" << home.path().string() << "\n"
                               << text << "\n";
    std::filesystem::permissions(home / name, std::filesystem::perms::owner_all);
    return (home / name).string();
  }

  tests::temporary_directory home;
  asio::io_context loop{1};
  std::unique_ptr<clock> time = make_system_clock(loop);
  std::unique_ptr<random_source> rng = make_rng();
  system_calls system;
  writer_identity identity{installation_key{}};
  fingerprinter prints{installation_key{}};
  vault::unwrapped_secrets unwrapped{*time};
  std::vector<std::string> heard;  ///< what programs wrote: `SINK STREAM: LINE`
  sink_context context{
      system,
      identity,
      loop,
      *time,
      *rng,
      prints,
      unwrapped,
      "partner",
      "tokensyncd/0",
      {{}, [this](const std::string& sink, std::string_view stream, std::string_view line) {
         heard.push_back(sink + " " + std::string(stream) + ": " + std::string(line));
       }}};
};

/// Who runs something, and is told by `stop` to leave it.
struct cancellable {
  asio::cancellation_signal stop;
  std::exception_ptr how;

  void run(asio::io_context& loop, task<> work) {
    asio::co_spawn(
        loop, std::move(work),
        asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& e) { how = e; }));
    loop.run();
  }
};

}  // namespace tokensyncd::sinks
