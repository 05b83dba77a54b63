#include "daemon/application/certificate_watch.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/http/tls/certificate_look.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/count_of.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class certificate_watch_test : public testing::Test {
 protected:
  certificate_watch_test() {
    // Certificates are made as of the machine's clock.
    time_.advance(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() -
                                                                time_.wall()));
    asio::co_spawn(loop_, watch_.run(), asio::bind_cancellation_slot(stop_.slot(), asio::detached));
    look();
  }
  void TearDown() override {
    stop_.emit(asio::cancellation_type::terminal);
    loop_.run();
  }

  /// Lets what is due run until the watch sleeps.
  void look() {
    do loop_.run_one();
    while (time_.sleeping() == 0);
  }
  void pass(std::chrono::milliseconds length) {
    time_.advance(length);
    look();
  }
  void use(const std::filesystem::path& file) {
    watch_.use({{"webhook", "webhook.tls.cert_file", file, home_ / "shown-key.pem"}});
    look();
  }
  std::filesystem::path issue(std::chrono::hours valid_until) {
    return authority_.issue("shown", {.names = {"a.test"}, .valid_until = valid_until}).certificate;
  }

  tests::temporary_directory home_;
  tests::certificate_authority authority_{home_.path(), "authority"};
  asio::io_context loop_;
  asio::cancellation_signal stop_;
  tests::hand_clock time_{loop_};
  tests::captured_log log_;
  metrics::daemon_metrics metrics_{"0.1.0", "abc"};
  certificate_watch watch_{time_, log_.get(), metrics_};
};

TEST_F(certificate_watch_test, knows_when_a_certificate_expires_and_follows_its_file) {
  use(issue(100h));
  ASSERT_EQ(watch_.known().size(), 1U);
  const auto first = watch_.known()[0].expires - time_.wall();
  EXPECT_GT(first, 99h);
  EXPECT_LT(first, 101h) << "issued while the clock of the test stood";
  issue(1000h);
  pass(1min);
  EXPECT_GT(watch_.known()[0].expires - time_.wall(), 990h);
}

TEST_F(certificate_watch_test, warns_when_14_days_are_left_and_when_it_has_expired_and_no_more) {
  use(issue(15 * 24h));
  for (int hour = 0; hour != 48; ++hour) pass(1h);
  for (int day = 0; day != 20; ++day) pass(24h);
  const std::string text = log_.text();
  EXPECT_EQ(tests::count_of(text, "certificate.expires"), 2U) << text;
  EXPECT_THAT(text, HasSubstr("The certificate of webhook expires in 13 days ("));
  EXPECT_THAT(text, HasSubstr("The certificate of webhook has expired ("));
}

TEST_F(certificate_watch_test, keeps_the_last_known_time_of_a_file_that_cannot_be_read) {
  const auto file = issue(100h);
  use(file);
  const wall_time known = watch_.known()[0].expires;
  std::ofstream{file} << "nothing";
  pass(1min);
  ASSERT_EQ(watch_.known().size(), 1U);
  EXPECT_EQ(watch_.known()[0].expires, known);
}

TEST_F(certificate_watch_test, tells_of_a_pair_that_does_not_fit_once_two_looks_have_seen_it) {
  use(issue(100h));
  EXPECT_EQ(watch_.known()[0].trouble, "");
  const auto other = authority_.issue("other", {.names = {"b.test"}});
  std::filesystem::copy_file(other.key, home_ / "shown-key.pem",
                             std::filesystem::copy_options::overwrite_existing);
  pass(1min);
  EXPECT_EQ(watch_.known()[0].trouble, "") << "the certificate may be about to follow";
  pass(1min);
  EXPECT_THAT(watch_.known()[0].trouble, HasSubstr("does not belong to the certificate in"));
  std::filesystem::copy_file(other.certificate, home_ / "shown.pem",
                             std::filesystem::copy_options::overwrite_existing);
  pass(1min);
  EXPECT_EQ(watch_.known()[0].trouble, "");
}

TEST_F(certificate_watch_test, says_which_of_the_two_files_is_of_no_use) {
  const auto pair = authority_.issue("pair", {.names = {"a.test"}});
  EXPECT_EQ(http::mismatch_of({pair.certificate, pair.key}), "");
  EXPECT_THAT(http::mismatch_of({home_ / "none", pair.key}), HasSubstr("no certificate in PEM"));
  EXPECT_NE(http::mismatch_of({pair.certificate, home_ / "none"}), "");
  const auto empty = home_ / "empty.pem";
  std::ofstream{empty} << "nothing";
  std::filesystem::permissions(empty, std::filesystem::perms::owner_read);
  EXPECT_THAT(http::mismatch_of({pair.certificate, empty}), HasSubstr("no private key in PEM"));
}

TEST_F(certificate_watch_test, forgets_what_is_shown_no_more) {
  use(issue(100h));
  std::string text;
  metrics::exposition before(metrics::exposition_format::text, text);
  metrics_.append(before);
  EXPECT_THAT(text, HasSubstr("expiration_timestamp_seconds{used_by=\"webhook\"}"));
  watch_.use({});
  look();
  EXPECT_TRUE(watch_.known().empty());
  text.clear();
  metrics::exposition after(metrics::exposition_format::text, text);
  metrics_.append(after);
  EXPECT_THAT(text, Not(HasSubstr("used_by=")));
}

TEST_F(certificate_watch_test, takes_the_first_of_a_chain_whatever_is_behind_it) {
  const auto late = authority_.issue("late", {.names = {"a.test"}, .valid_until = 400h});
  const auto soon = authority_.issue("soon", {.names = {"b.test"}, .valid_until = 40h});
  const auto chain = home_ / "chain.pem";
  std::ofstream{chain} << std::ifstream{late.certificate}.rdbuf()
                       << std::ifstream{soon.certificate}.rdbuf();
  EXPECT_EQ(*http::expiry_of(chain), *http::expiry_of(late.certificate));
  EXPECT_FALSE(http::expiry_of(late.key));
  EXPECT_FALSE(http::expiry_of(home_ / "none"));
}

}  // namespace
}  // namespace tokensyncd
