#pragma once

#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/telemetry/observer.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::telemetry {

/// All of telemetry, put together as the application does.
class the_observer : public testing::Test {
 protected:
  the_observer() {
    const std::vector<std::string> sinks{"files"};
    metrics_.sinks(sinks);
    after_.generation = 2;
    after_.token.bytes.fill(0xAB);
    before_.generation = 1;
    before_.token.bytes.fill(0xCD);
  }

  std::string metrics_text() const {
    std::string text;
    metrics::exposition out(metrics::exposition_format::text, text);
    metrics_.append(out);
    return text;
  }
  /// Ends the log and the audit log, and returns what they wrote.
  std::string log_text() {
    observer_.reset();
    return log_.text();
  }
  std::string audit_text() {
    audit_.reset();
    std::ifstream file(home_ / "audit.jsonl");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::size_t lines_of(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++found;
    return found;
  }

  tests::temporary_directory home_;
  asio::io_context loop_;
  tests::hand_clock time_{loop_};
  metrics::daemon_metrics metrics_{"0.1.0", "abc"};
  tests::captured_log log_;
  std::optional<audit> audit_{std::in_place, home_ / "audit.jsonl", time_, log_.get(), metrics_};
  std::optional<observer> observer_{std::in_place, metrics_, log_.get(), *audit_, time_};
  revision before_;
  revision after_;
};

}  // namespace tokensyncd::telemetry
