#include "metrics/catalog.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::metrics {
namespace {

std::string row(const description& what) {
  constexpr std::array<std::string_view, 3> kinds{"counter", "gauge", "histogram"};
  std::string labels;
  for (const char c : what.labels) labels += c == ',' ? std::string(", ") : std::string(1, c);
  if (labels.empty()) labels = "–";
  return "| `" + std::string(what.name) + "` | " +
         std::string(kinds[static_cast<std::size_t>(what.type)]) + " | " + labels + " | " +
         std::string(what.help) + " |";
}

std::vector<const description*> all_metrics() {
  std::vector<const description*> all(catalog::fixed.begin(), catalog::fixed.end());
  all.insert(all.end(), catalog::with_webhook.begin(), catalog::with_webhook.end());
  all.insert(all.end(), catalog::per_workspace.begin(), catalog::per_workspace.end());
  all.insert(all.end(), catalog::process.begin(), catalog::process.end());
  return all;
}

std::set<std::string> documented_rows() {
  std::ifstream file(std::string(TOKENSYNCD_SOURCE_DIR) + "/docs/metrics.md");
  std::set<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `tokensyncd_") || line.starts_with("| `process_")) rows.insert(line);
  }
  return rows;
}

TEST(metrics_document, says_of_each_metric_what_the_code_says) {
  std::set<std::string> expected;
  for (const description* each : all_metrics()) expected.insert(row(*each));
  EXPECT_EQ(documented_rows(), expected);
}

TEST(metric_catalog, has_each_name_once_and_each_label_without_an_address) {
  std::set<std::string_view> names;
  const std::set<std::string_view> allowed{
      "",          "version,revision",  "state",         "sink", "result", "reason", "sink,result",
      "workspace", "workspace,trigger", "workspace,sink"};
  for (const description* each : all_metrics()) {
    EXPECT_TRUE(names.insert(each->name).second) << each->name;
    EXPECT_TRUE(allowed.contains(each->labels)) << each->name;
    EXPECT_EQ(each->name.ends_with("_total"), each->type == kind::counter) << each->name;
    EXPECT_TRUE(each->help.ends_with('.')) << each->name;
  }
}

}  // namespace
}  // namespace tokensyncd::metrics
