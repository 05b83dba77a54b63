#pragma once

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "daemon/sinks/exec/exec_sink.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/times.hpp"
#include "tests/unit/sinks/programs.hpp"

namespace tokensyncd::sinks {

struct an_exec_sink : with_programs {
  std::unique_ptr<exec_sink> make() {
    return std::make_unique<exec_sink>("handover", settings, context);
  }

  result<sync::delivered> deliver(exec_sink& to, const std::string& token) {
    const revision what{1, prints.of(token), rotated};
    const secret value{token};
    const sync::delivery_request order{{"acme", labels}, what, value, std::nullopt, std::nullopt};
    return tests::run_task(loop, to.deliver(order));
  }
  result<sync::delivered> deliver(const std::string& token = "canary-0123456789") {
    return deliver(*make(), token);
  }

  [[nodiscard]] std::string bytes(const std::string& name) const {
    std::ifstream from(home / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
  }

  config::exec_sink_settings settings;
  config::labels labels{{"customer", "a b"}};
};

}  // namespace tokensyncd::sinks
