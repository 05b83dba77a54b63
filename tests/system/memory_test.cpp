// What a further workspace costs in memory, which nobody notices until there are 100,000: `./dev
// bench p3` measures it, this fails when it grows.
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/sanitizers.hpp"

namespace tokensyncd::tests {
namespace {

/// Bytes, from docs/performance.md (P3): measured the same way, between sizes at which SQLite's
/// cache is full.
constexpr double figure = 300;

constexpr unsigned few = 8'000;
constexpr unsigned many = 24'000;

/// A daemon whose workspaces are in a file of their own.
class fleet {
 public:
  fleet(unsigned count, const std::string& file, const std::string& entries)
      : api_({.prefix = "acme-", .count = count, .more = {"--with-tokens"}}),
        daemon_(api_, {.interval = "1h",
                       .rate_limit = "off",
                       .more = "workspace_files: [" + file + "]\nmetrics: {per_workspace: never}\n",
                       .log_level = "warning"}) {
    write_file(daemon_.directory() / file, entries);
    daemon_.start();
  }

  /// However long it takes, as long as it goes on.
  [[nodiscard]] bool is_delivered() {
    const auto missing = [this] {
      return daemon_.metric("tokensyncd_sink_out_of_sync_workspaces{sink=\"files\"}");
    };
    for (double left = missing(); left > 0; left = missing()) {
      if (!eventually([&] { return missing() < left; })) return false;
    }
    return true;
  }

  [[nodiscard]] double kibibytes() {
    return static_cast<double>(daemon_.running().anonymous_kib());
  }
  [[nodiscard]] int reload() { return daemon_.command({"reload"}).exit_code; }

 private:
  sandbox api_;
  daemon daemon_;
};

/// As a program writes it, which makes the parser hold the whole file's tokens at once.
std::string as_json(unsigned count) {
  std::string text = "[";
  for (unsigned i = 1; i <= count; ++i) {
    text += (i == 1 ? "" : ",\n ") + std::string{R"({"id": "acme-)"} + std::to_string(i) + "\"}";
  }
  return text + "]\n";
}

std::string as_yaml(unsigned count) {
  std::string text;
  for (unsigned i = 1; i <= count; ++i) text += "- id: acme-" + std::to_string(i) + "\n";
  return text;
}

struct cost {
  double at_start = 0;
  double after_reload = 0;
};

/// Bytes for each workspace beyond the first eight thousand.
cost measure(const std::string& file, std::string (*entries)(unsigned)) {
  fleet small{few, file, entries(few)};
  fleet large{many, file, entries(many)};
  EXPECT_TRUE(small.is_delivered());
  EXPECT_TRUE(large.is_delivered());
  const auto each = [&] { return 1024 * (large.kibibytes() - small.kibibytes()) / (many - few); };
  cost made;
  // What the first deliveries needed is given back after the last one has been told of.
  EXPECT_TRUE(eventually([&] { return (made.at_start = each()) <= 1.1 * figure; }));
  EXPECT_EQ(small.reload(), 0);
  EXPECT_EQ(large.reload(), 0);
  made.after_reload = each();
  return made;
}

void expect_its_figure(const std::string& file, std::string (*entries)(unsigned)) {
  if (has_address_sanitizer || has_thread_sanitizer)
    GTEST_SKIP() << "a sanitizer's allocator keeps what is freed";
  const cost found = measure(file, entries);
  std::printf("%.0f bytes each, %.0f after a reload\n", found.at_start, found.after_reload);
  EXPECT_LE(found.at_start, 1.1 * figure);
  EXPECT_LE(found.after_reload, 1.1 * figure);
}

TEST(memory, of_a_further_workspace_stays_within_a_tenth_of_its_figure) {
  expect_its_figure("w.yaml", as_yaml);
}

TEST(memory, does_not_depend_on_how_the_configuration_is_written) {
  expect_its_figure("w.json", as_json);
}

}  // namespace
}  // namespace tokensyncd::tests
