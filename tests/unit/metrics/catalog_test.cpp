#include "metrics/catalog.hpp"

#include <set>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::metrics {
namespace {

std::vector<const description*> all_metrics() {
  std::vector<const description*> all(catalog::fixed.begin(), catalog::fixed.end());
  all.insert(all.end(), catalog::with_webhook.begin(), catalog::with_webhook.end());
  all.insert(all.end(), catalog::per_workspace.begin(), catalog::per_workspace.end());
  all.insert(all.end(), catalog::process.begin(), catalog::process.end());
  return all;
}

TEST(metric_catalog, has_each_name_once_and_each_label_without_an_address) {
  std::set<std::string_view> names;
  const std::set<std::string_view> allowed{"",
                                           "version,revision",
                                           "state",
                                           "sink",
                                           "result",
                                           "used_by",
                                           "reason",
                                           "type",
                                           "sink,result",
                                           "workspace",
                                           "workspace,trigger",
                                           "workspace,sink"};
  for (const description* each : all_metrics()) {
    EXPECT_TRUE(names.insert(each->name).second) << each->name;
    EXPECT_TRUE(allowed.contains(each->labels)) << each->name;
    EXPECT_EQ(each->name.ends_with("_total"), each->type == kind::counter) << each->name;
    EXPECT_TRUE(each->help.ends_with('.')) << each->name;
  }
}

}  // namespace
}  // namespace tokensyncd::metrics
