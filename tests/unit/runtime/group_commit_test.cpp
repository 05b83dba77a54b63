#include "daemon/runtime/async/group_commit.hpp"

#include <latch>
#include <stdexcept>
#include <string>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

using testing::ElementsAre;

struct entry {
  int number = 0;
  int job = 0;  ///< out: in which job it was done, from 1
};

class a_group_commit : public testing::Test {
 protected:
  void work(std::span<entry* const> entries) {
    const int job = static_cast<int>(jobs.size()) + 1;
    if (job == 1) begun.count_down();
    if (job == 1 && hold_first) gate.wait();
    for (entry* each : entries) each->job = job;
    jobs.push_back(entries.size());
    if (job == failing_job) throw std::runtime_error("disk on fire");
  }

  /// Starts one run for each entry, the first one first.
  void start(std::vector<entry>& entries) {
    for (entry& each : entries) {
      auto finished = [this, &each](const std::exception_ptr& error) {
        (error ? failed : done).push_back(each.number);
      };
      asio::co_spawn(loop, commits.run(each), finished);
    }
  }

  std::vector<std::size_t> jobs;  ///< how many entries each had
  std::vector<int> done;
  std::vector<int> failed;
  bool hold_first = false;
  int failing_job = 0;
  std::latch begun{1};
  std::latch gate{1};
  asio::io_context loop{1};
  blocking_pool pool{1};
  group_commit<entry> commits{pool, 4, [this](std::span<entry* const> entries) { work(entries); }};
};

TEST_F(a_group_commit, lets_a_lone_one_go_at_once) {
  std::vector<entry> one{{1}};
  start(one);
  loop.run();
  EXPECT_THAT(jobs, ElementsAre(1U));
  EXPECT_THAT(done, ElementsAre(1));
}

TEST_F(a_group_commit, gathers_in_order_what_comes_while_a_job_runs) {
  std::vector<entry> all{{1}, {2}, {3}, {4}, {5}, {6}, {7}};
  start(all);
  loop.run();
  EXPECT_THAT(jobs, ElementsAre(1U, 4U, 2U));
  EXPECT_EQ(all[4].job, 2);
  EXPECT_EQ(all[5].job, 3);
  EXPECT_THAT(done, testing::UnorderedElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST_F(a_group_commit, throws_what_a_job_threw_to_all_of_it_and_goes_on) {
  failing_job = 2;
  std::vector<entry> all{{1}, {2}, {3}, {4}, {5}, {6}, {7}};
  start(all);
  loop.run();
  EXPECT_THAT(failed, testing::UnorderedElementsAre(2, 3, 4, 5));
  EXPECT_THAT(done, testing::UnorderedElementsAre(1, 6, 7));
}

TEST_F(a_group_commit, starts_anew_after_it_was_idle) {
  std::vector<entry> first{{1}};
  start(first);
  loop.run();
  std::vector<entry> second{{2}};
  start(second);
  loop.restart();
  loop.run();
  EXPECT_THAT(done, ElementsAre(1, 2));
}

TEST_F(a_group_commit, finishes_what_was_handed_over_when_it_is_cancelled) {
  hold_first = true;
  std::vector<entry> all{{1}, {2}, {3}};
  std::array<asio::cancellation_signal, 3> signals;
  int after = 0;
  auto run_and_go_on = [this, &after](entry& each) -> task<> {
    co_await commits.run(each);
    done.push_back(each.number);
    co_await asio::post(use_task);
    ++after;
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    asio::co_spawn(
        loop, run_and_go_on(all[i]),
        asio::bind_cancellation_slot(signals[i].slot(), [](const std::exception_ptr&) {}));
  }
  // All three have run until they wait: the first for its job, the others for theirs.
  loop.poll();
  begun.wait();
  for (auto& each : signals) each.emit(asio::cancellation_type::terminal);
  gate.count_down();
  loop.run();
  EXPECT_THAT(jobs, ElementsAre(1U, 2U));
  EXPECT_THAT(done, testing::UnorderedElementsAre(1, 2, 3));
  EXPECT_EQ(after, 0);
}

}  // namespace
}  // namespace tokensyncd
