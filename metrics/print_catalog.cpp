// Prints the catalogue for docs/metrics.md, one metric a line: group, name, type, labels, help,
// parted by tabs; then, of a label with fixed values, `label=value,value`. metrics/tables.py makes
// tables of it.
#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string_view>

#include "metrics/catalog.hpp"
#include "metrics/labels.hpp"

namespace tokensyncd::metrics {
namespace {

/// A label whose values are known beforehand.
struct fixed_values {
  const description* metric;
  std::string_view label;
  std::span<const std::string_view> values;
};

constexpr std::array all_fixed_values{
    fixed_values{&catalog::workspaces, "state", workspace_state_names},
    fixed_values{&catalog::polls, "result", poll_result_names},
    fixed_values{&catalog::sink_writes, "result", write_result_names},
    fixed_values{&catalog::hook_runs, "result", hook_result_names},
    fixed_values{&catalog::refused, "reason", refusal_reason_names},
    fixed_values{&catalog::webhook_requests, "result", webhook_result_names},
    fixed_values{&catalog::webhook_last_event, "type", webhook_event_types},
    fixed_values{&catalog::token_rotations, "trigger", trigger_names}};

constexpr std::array<std::string_view, 3> kinds{"counter", "gauge", "histogram"};

void print(std::string_view group, std::span<const description* const> metrics) {
  for (const description* each : metrics) {
    std::cout << group << '\t' << each->name << '\t' << kinds[static_cast<std::size_t>(each->type)]
              << '\t' << each->labels << '\t' << each->help;
    for (const fixed_values& fixed : all_fixed_values) {
      if (fixed.metric != each) continue;
      std::cout << '\t' << fixed.label;
      char before = '=';
      for (const std::string_view value : fixed.values) {
        std::cout << before << value;
        before = ',';
      }
    }
    std::cout << '\n';
  }
}

}  // namespace
}  // namespace tokensyncd::metrics

int main() {
  using namespace tokensyncd::metrics;
  print("fixed", catalog::fixed);
  print("webhook", catalog::with_webhook);
  print("workspace", catalog::per_workspace);
  print("process", catalog::process);
  return std::cout.flush() ? 0 : 1;
}
