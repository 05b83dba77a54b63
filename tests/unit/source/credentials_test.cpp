#include "daemon/source/auth/credentials.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include <stdlib.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "daemon/source/auth/jwt.hpp"

namespace tokensyncd::source {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class credentials_test : public testing::Test {
 protected:
  credentials_test() {
    std::string name = (fs::temp_directory_path() / "credentials_XXXXXX").string();
    home_ = ::mkdtemp(name.data());
  }
  ~credentials_test() override { fs::remove_all(home_); }

  void put(std::string_view name, std::string_view content) const {
    std::ofstream(home_ / name, std::ios::trunc) << content;
    ::chmod((home_ / name).c_str(), 0600);
  }

  credentials make(bool with_previous) const {
    return {"acme", home_ / "secret", with_previous ? home_ / "previous" : fs::path{}};
  }

  /// What is sent when `key` signs at `when` by the server's clock.
  static std::string signed_with(std::string_view key, wall_time when) {
    return "Bearer " + std::string(make_jwt(secret{key}, "acme", when).reveal());
  }

  static std::string sent(credentials& who, wall_time when) {
    return std::string(who.prove(when)->authorization->reveal());
  }

  fs::path home_;
  steady_time tick_{};
  wall_time now_{1'790'000'000s};
};

TEST_F(credentials_test, prove_nothing_without_a_secret_and_name_its_file) {
  auto who = make(false);
  EXPECT_EQ(who.look(tick_).size(), 1U);
  const auto proof = who.prove(now_);
  ASSERT_FALSE(proof.has_value());
  EXPECT_EQ(proof.error().kind, failure_kind::bad_signature);
  EXPECT_NE(proof.error().sentence.find((home_ / "secret").string()), std::string::npos);
}

TEST_F(credentials_test, make_one_proof_for_all_calls_and_a_new_one_well_before_it_runs_out) {
  put("secret", "one\n");
  auto who = make(false);
  EXPECT_TRUE(who.look(tick_).empty());
  const auto first = who.prove(now_);
  EXPECT_EQ(first->authorization->reveal(), signed_with("one", now_));
  EXPECT_EQ(who.prove(now_ + 89s)->authorization, first->authorization);
  EXPECT_EQ(sent(who, now_ + 90s), signed_with("one", now_ + 90s));
  EXPECT_EQ(sent(who, now_ - 1s), signed_with("one", now_ - 1s)) << "a clock set back";
}

TEST_F(credentials_test, keep_a_proof_alive_for_the_call_that_uses_it) {
  put("secret", "one");
  auto who = make(false);
  who.look(tick_);
  const auto first = who.prove(now_);
  ASSERT_TRUE(who.prove(now_ + 1h).has_value());
  EXPECT_EQ(first->authorization->reveal(), signed_with("one", now_));
}

TEST_F(credentials_test, take_a_new_secret_after_thirty_seconds_or_at_once_after_a_refusal) {
  put("secret", "one");
  auto who = make(false);
  who.look(tick_);
  const auto old = who.prove(now_);
  put("secret", "two");
  who.look(tick_ + 29s);
  EXPECT_EQ(sent(who, now_), signed_with("one", now_));
  who.look_at_once(tick_ + 29s);
  EXPECT_EQ(sent(who, now_), signed_with("two", now_));
  EXPECT_TRUE(who.refused(old->era, failure_kind::bad_signature, {}, now_))
      << "a refusal of the old one is a reason to ask once more";
  EXPECT_FALSE(who.refused(who.prove(now_)->era, failure_kind::bad_signature, {}, now_));
}

TEST_F(credentials_test, try_the_previous_secret_and_stay_with_it_until_a_file_changes) {
  put("secret", "one");
  put("previous", "zero");
  auto who = make(true);
  who.look(tick_);
  EXPECT_TRUE(who.refused(who.prove(now_)->era, failure_kind::bad_signature, {}, now_));
  EXPECT_EQ(sent(who, now_), signed_with("zero", now_));
  who.look(tick_ + 1min);
  EXPECT_EQ(sent(who, now_), signed_with("zero", now_));
  put("secret", "two");
  who.look(tick_ + 2min);
  EXPECT_EQ(sent(who, now_), signed_with("two", now_));
}

TEST_F(credentials_test, go_back_to_the_current_secret_when_the_previous_is_refused_in_turn) {
  put("secret", "one");
  put("previous", "zero");
  auto who = make(true);
  who.look(tick_);
  who.refused(who.prove(now_)->era, failure_kind::bad_signature, {}, now_);
  EXPECT_TRUE(who.refused(who.prove(now_)->era, failure_kind::bad_signature, {}, now_));
  EXPECT_EQ(sent(who, now_), signed_with("one", now_));
}

TEST_F(credentials_test, use_the_previous_secret_alone_where_there_is_no_current_one) {
  put("previous", "zero");
  auto who = make(true);
  who.look(tick_);
  EXPECT_EQ(sent(who, now_), signed_with("zero", now_));
  EXPECT_FALSE(who.refused(who.prove(now_)->era, failure_kind::bad_signature, {}, now_));
}

TEST_F(credentials_test, correct_for_the_servers_clock_when_the_refusal_is_about_time) {
  put("secret", "one");
  put("previous", "zero");
  auto who = make(true);
  who.look(tick_);
  const auto server = std::chrono::floor<std::chrono::seconds>(now_) + 30s;
  EXPECT_TRUE(who.refused(who.prove(now_)->era, failure_kind::clock_skew, server, now_));
  EXPECT_EQ(who.skew(), 30s);
  EXPECT_EQ(sent(who, now_), signed_with("one", now_ + 30s));
  EXPECT_FALSE(who.refused(who.prove(now_)->era, failure_kind::clock_skew, server, now_))
      << "it is corrected already";
}

TEST_F(credentials_test, leave_a_clock_that_was_told_once_when_answers_without_one_refuse_it) {
  put("secret", "one");
  auto who = make(false);
  who.look(tick_);
  const auto server = std::chrono::floor<std::chrono::seconds>(now_);
  for (const auto kind :
       {failure_kind::clock_skew, failure_kind::bad_signature, failure_kind::unauthorized}) {
    who.refused(who.prove(now_)->era, kind, server - 30 * 24h, now_);
    EXPECT_EQ(who.skew(), -30 * 24h);
    EXPECT_TRUE(who.refused(who.prove(now_)->era, kind, {}, now_))
        << "our own clock is left to try";
    EXPECT_EQ(who.skew(), 0s);
    EXPECT_EQ(sent(who, now_), signed_with("one", now_));
    who.refused(who.prove(now_)->era, kind, {}, now_);
    EXPECT_EQ(who.skew(), -30 * 24h) << "neither was ever accepted, so both are tried";
    who.refused(who.prove(now_)->era, kind, server, now_);
    EXPECT_EQ(who.skew(), 0s);
  }
}

TEST_F(credentials_test, go_back_to_what_was_accepted_after_one_refusal_of_anything_else) {
  put("secret", "one");
  put("previous", "zero");
  auto who = make(true);
  who.look(tick_);
  const auto server = std::chrono::floor<std::chrono::seconds>(now_);
  who.refused(who.prove(now_)->era, failure_kind::clock_skew, server + 1h, now_);
  who.accepted(who.prove(now_)->era);
  const auto good = signed_with("one", now_ + 1h);
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(who.refused(who.prove(now_)->era, failure_kind::unauthorized, {}, now_));
    EXPECT_NE(sent(who, now_), good) << i;
    EXPECT_TRUE(who.refused(who.prove(now_)->era, failure_kind::unauthorized, {}, now_));
    EXPECT_EQ(sent(who, now_), good) << "nothing changes for others: " << i;
  }
  who.refused(who.prove(now_)->era, failure_kind::clock_skew, server - 30 * 24h, now_);
  EXPECT_EQ(who.skew(), -30 * 24h);
  who.refused(who.prove(now_)->era, failure_kind::clock_skew, {}, now_);
  EXPECT_EQ(sent(who, now_), good) << "a wrong Date once";
}

TEST_F(credentials_test, try_every_secret_with_every_clock_until_one_is_accepted) {
  put("secret", "one");
  put("previous", "zero");
  auto who = make(true);
  who.look(tick_);
  const auto server = std::chrono::floor<std::chrono::seconds>(now_);
  who.refused(who.prove(now_)->era, failure_kind::clock_skew, server + 1h, now_);
  std::set<std::string> tried{sent(who, now_)};
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(who.refused(who.prove(now_)->era, failure_kind::unauthorized, {}, now_));
    tried.insert(sent(who, now_));
  }
  EXPECT_EQ(tried.size(), 4U);
}

TEST_F(credentials_test, suspect_the_clock_of_a_plain_refusal_only_where_it_is_far_off) {
  put("secret", "one");
  put("previous", "zero");
  auto who = make(true);
  who.look(tick_);
  const auto server = std::chrono::floor<std::chrono::seconds>(now_);
  who.refused(who.prove(now_)->era, failure_kind::bad_signature, server + 30s, now_);
  EXPECT_EQ(who.skew(), 0s) << "the other secret comes first";
  who.refused(who.prove(now_)->era, failure_kind::bad_signature, server - 1h, now_);
  EXPECT_EQ(who.skew(), -1h);
  EXPECT_EQ(sent(who, now_), signed_with("zero", now_ - 1h));
  who.refused(who.prove(now_)->era, failure_kind::bad_signature, server - 1h, now_);
  EXPECT_EQ(sent(who, now_), signed_with("one", now_ - 1h)) << "then the other secret";
}

TEST_F(credentials_test, drop_the_correction_when_the_clocks_agree_again) {
  put("secret", "one");
  auto who = make(false);
  who.look(tick_);
  const auto server = std::chrono::floor<std::chrono::seconds>(now_);
  who.refused(who.prove(now_)->era, failure_kind::clock_skew, server + 1h, now_);
  EXPECT_EQ(who.skew(), 1h);
  who.refused(who.prove(now_)->era, failure_kind::clock_skew, server + 2s, now_);
  EXPECT_EQ(who.skew(), 0s);
}

TEST_F(credentials_test, believe_no_clock_that_no_server_has) {
  put("secret", "one");
  auto who = make(false);
  who.look(tick_);
  for (const auto year : {1970, 2023, 2101, 9999}) {
    const std::chrono::sys_seconds when =
        std::chrono::sys_days{std::chrono::year{year} / std::chrono::January / 1};
    EXPECT_FALSE(who.refused(who.prove(now_)->era, failure_kind::clock_skew, when, now_)) << year;
  }
  EXPECT_EQ(who.skew(), 0s);
}

}  // namespace
}  // namespace tokensyncd::source
