// What may be there although no delivery has succeeded, or beside what is recorded.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_cleanup_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

struct engine_uncertain : engine_cleanup {
  engine_uncertain() { removal = config::on_remove::erase; }
  void lose_the_answers() {
    files->trouble = failure{failure_kind::io_error, "the answer was lost"};
    files->fails_after_writing = true;
  }
};

TEST_F(engine_uncertain, what_a_failed_delivery_may_have_left_is_taken_away) {
  lose_the_answers();
  start();
  ASSERT_EQ(status("acme").sinks.size(), 1U);
  EXPECT_EQ(status("acme").sinks[0].generation, 0U) << "it isn't known to be there";
  ASSERT_TRUE(state.destinations.contains("files/acme")) << "but remembered";
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(files->withdrawn_etag, 1001U);
  EXPECT_THAT(seen.lines, Contains("retired acme files withdrawn"));
  EXPECT_FALSE(state.destinations.contains("files/acme"));
}

TEST_F(engine_uncertain, what_a_failed_delivery_may_have_left_is_taken_away_after_a_restart) {
  lose_the_answers();
  start();
  restart();
  stop();
  remove("acme");
  start();
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(files->withdrawn_etag, 1001U);
  EXPECT_FALSE(state.destinations.contains("files/acme"));
}

TEST_F(engine_uncertain, what_a_failed_delivery_may_have_left_in_a_place_that_left_meanwhile) {
  start();
  lose_the_answers();
  files->hold();
  api->answers("acme", "a2");
  daemon->sync("acme");
  time.run_for(0s);
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  files->release();
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(files->withdrawn_etag, 1002U);
}

TEST_F(engine_uncertain, that_meet_what_a_failed_delivery_has_left_instead_try_its_mark_too) {
  start();
  lose_the_answers();
  api->answers("acme", "a2");
  daemon->sync("acme");
  time.run_for(0s);
  EXPECT_EQ(state.destinations["files/acme"].generation, 1U) << "what is known is worth more";
  files->removal_error = failure{failure_kind::conflict, "not ours"};
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(files->removals, 2U);
  EXPECT_EQ(files->withdrawn_etag, 1002U);
  EXPECT_EQ(seen.errors_of_removals, 1U) << "told to be looked at";
}

TEST_F(engine_uncertain, of_what_may_come_back_beside_what_is_there_are_two) {
  files->may_come_back = 77;
  start();
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(files->removals, 2U);
  EXPECT_EQ(files->withdrawn_etag, 77U);
}

TEST_F(engine_uncertain, what_a_failed_delivery_may_have_left_stays_known_over_a_reload) {
  lose_the_answers();
  start();
  add("aaaa");  // which comes first, so that all others move
  daemon->reload(setup());
  time.run_for(0s);
  files->withdrawn_etag.reset();
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(file("acme"), "nothing");
  EXPECT_EQ(files->withdrawn_etag, 1001U);
}

TEST_F(engine_uncertain, what_a_failed_delivery_may_have_left_is_forgotten_once_one_succeeds) {
  lose_the_answers();
  start();
  files->trouble.reset();
  time.run_for(5s);
  ASSERT_EQ(state.destinations["files/acme"].generation, 1U);
  remove("acme");
  daemon->reload(setup());
  time.run_for(0s);
  EXPECT_EQ(files->withdrawn_etag, 1U);
  EXPECT_EQ(files->removals, 1U);
}

}  // namespace
}  // namespace tokensyncd::sync
