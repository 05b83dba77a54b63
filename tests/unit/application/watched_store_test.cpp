#include "daemon/watched_store.hpp"

#include <gtest/gtest.h>

#include "tests/support/run_task.hpp"

namespace tokensyncd {
namespace {

/// A store that fails when told to.
class moody_store final : public sync::store {
 public:
  bool full = false;
  int loads = 0;
  std::size_t saved = 0;

  result<void> load(wall_time, const std::function<void(const sync::stored_workspace&)>&,
                    const std::function<void(const sync::stored_presence&)>&) override {
    ++loads;
    return failure{failure_kind::damaged, "damaged"};
  }
  task<result<void>> save(std::vector<sync::change> changes) override {
    if (full) co_return failure{failure_kind::no_space, "full"};
    saved += changes.size();
    co_return result<void>{};
  }
};

struct the_watched_store : testing::Test {
  asio::io_context loop{1};
  moody_store held;
  int changes = 0;
  watched_store watched{held, [this] { ++changes; }};

  result<void> save() {
    std::vector<sync::change> one{sync::forgotten_presence{"files/acme"}};
    return tests::run_task(loop, watched.save(std::move(one)));
  }
};

TEST_F(the_watched_store, passes_on_what_it_is_asked_and_what_comes_of_it) {
  EXPECT_TRUE(save());
  EXPECT_EQ(held.saved, 1U);
  held.full = true;
  const auto failed = save();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, failure_kind::no_space);
  EXPECT_FALSE(watched.load({}, {}, {}));
  EXPECT_EQ(held.loads, 1);
}

TEST_F(the_watched_store, fails_from_a_write_that_failed_until_one_that_did_not) {
  EXPECT_FALSE(watched.failing());
  held.full = true;
  (void)save();
  (void)save();
  EXPECT_TRUE(watched.failing());
  EXPECT_EQ(changes, 1);
  held.full = false;
  (void)save();
  (void)save();
  EXPECT_FALSE(watched.failing());
  EXPECT_EQ(changes, 2);
}

}  // namespace
}  // namespace tokensyncd
