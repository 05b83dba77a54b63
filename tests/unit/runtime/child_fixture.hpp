#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/runtime/process/child.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {

/// Real programs: shell scripts in a directory of the test's own.
struct child_test : testing::Test {
  child_test() { std::signal(SIGPIPE, SIG_IGN); }

  std::string script(const std::string& text) {
    const auto file = home / ("script" + std::to_string(++scripts_));
    std::ofstream(file) << "#!/bin/sh\n" << text << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.string();
  }

  child_request order_of(const std::string& text) {
    child_request what;
    what.argv = {script(text)};
    return what;
  }

  result<child_end> run(child_request what) {
    what.on_line = [this](child_stream from, std::string_view whole, std::size_t shown) {
      const std::string_view line = whole.substr(0, shown);
      (from == child_stream::out ? out : err).emplace_back(line);
    };
    child one{*time, starter, std::move(what)};
    return run_task(loop, one.run());
  }
  result<child_end> run(const std::string& text) { return run(order_of(text)); }

  std::string in_file(const std::string& name) const {
    std::ifstream from(home / name);
    return {std::istreambuf_iterator<char>(from), {}};
  }

  temporary_directory home;
  asio::io_context loop{1};
  std::unique_ptr<clock> time = make_system_clock(loop);
  blocking_pool starter{1};
  std::vector<std::string> out;
  std::vector<std::string> err;

 private:
  int scripts_ = 0;
};

}  // namespace tokensyncd::tests
