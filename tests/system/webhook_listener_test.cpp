// The listener for the vendor's events in the whole program: secrets, TLS, health checks, reloads.
#include <chrono>
#include <filesystem>
#include <string>

#include "tests/support/blocking_socket.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/tls_call.hpp"
#include "tests/system/webhook_fixture.hpp"

namespace tokensyncd::tests {
namespace {

namespace fs = std::filesystem;

TEST_F(webhook_test, a_new_partner_secret_counts_at_once_and_the_previous_one_as_well) {
  api_.set({{"partner_secret", "the-new-partner-secret"}});
  vendor_event what;
  what.secret = "the-new-partner-secret";
  EXPECT_EQ(tell(what), 401U);
  write_file(daemon_.secret_file(), "the-new-partner-secret\n");
  api_.rotate("acme");
  EXPECT_TRUE(eventually([&] { return tell(what) == 200U; }));
  EXPECT_TRUE(is_delivered());
  EXPECT_EQ(tell(), 401U) << "the old secret is nobody's";

  write_file(daemon_.directory() / "before", "sandbox-partner-secret\n");
  auto options = daemon_.options();
  options.partner_more = "previous_secret_file: before\n";
  daemon_.configure(options);
  EXPECT_EQ(daemon_.command({"reload"}).exit_code, 0);
  EXPECT_EQ(tell(), 200U);
  EXPECT_EQ(tell(what), 200U);
}

TEST_F(webhook_test, an_event_of_our_own_has_the_workspace_checked_without_a_rotation) {
  const auto before = api_.count("acme", "gets");
  const auto tried = daemon_.command({"event", "acme"});
  EXPECT_EQ(tried.exit_code, 0) << tried.errors;
  EXPECT_NE(tried.output.find("the webhook accepted the event"), std::string::npos);
  EXPECT_NE(tried.output.find("its token is in every sink"), std::string::npos);
  EXPECT_GT(api_.count("acme", "gets"), before);
  EXPECT_EQ(api_.count("acme", "posts"), 0U);
  EXPECT_EQ(daemon_.metric("tokensyncd_webhook_requests_total{result=\"accepted\"}"), 1);
  EXPECT_EQ(daemon_.command({"event", "nobody"}).exit_code, 64);
}

TEST_F(webhook_test, an_event_of_our_own_says_what_is_not_right_afterwards) {
  fs::remove_all(daemon_.directory() / "tokens");
  api_.rotate("acme");
  const auto tried = daemon_.command({"event", "acme", "--timeout", "2s"});
  EXPECT_EQ(tried.exit_code, 1);
  EXPECT_NE(tried.errors.find("not in sync in files"), std::string::npos) << tried.errors;
}

TEST_F(webhook_test, answers_the_health_checks_of_haproxy_and_nginx) {
  const auto status_of = [this](const std::string& request) {
    const blocking_socket one{"127.0.0.1:" + std::to_string(port_)};
    one.write(request);
    return parse_answer(one.read_all()).status;
  };
  // option httpchk GET /healthz; the same as HAProxy writes it with `ver HTTP/1.1 hdr Host …`.
  EXPECT_EQ(status_of("GET /healthz HTTP/1.0\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("HEAD /healthz HTTP/1.0\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("GET /healthz HTTP/1.1\r\nHost: hook\r\nConnection: close\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("HEAD / HTTP/1.1\r\nHost: hook\r\nConnection: close\r\n\r\n"), 405U);
  configure("webhook: {listen: [\"127.0.0.1:0\"], health_path: /alive}\n");
  EXPECT_EQ(daemon_.command({"reload"}).exit_code, 0);
  EXPECT_EQ(status_of("GET /alive HTTP/1.0\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("GET /healthz HTTP/1.0\r\n\r\n"), 405U);
  for (const auto& [name, value] : daemon_.metrics()) {
    if (name.starts_with("tokensyncd_webhook_requests_total")) {
      EXPECT_EQ(value, 0) << name;
    }
  }
}

TEST_F(webhook_test, a_reload_moves_the_path_and_never_the_address) {
  configure("webhook: {listen: [\"127.0.0.1:0\"], path: /moved}\n");
  EXPECT_EQ(daemon_.command({"reload"}).exit_code, 0);
  EXPECT_EQ(tell(), 404U);
  EXPECT_EQ(tell({.path = "/moved"}), 200U);
  configure("webhook: {listen: [\"127.0.0.2:0\"]}\n");
  const auto refused = daemon_.command({"reload"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.errors.find("webhook.listen"), std::string::npos) << refused.errors;
  EXPECT_EQ(tell({.path = "/moved"}), 200U);
}

TEST_F(webhook_test, speaks_tls_after_a_reload_and_takes_a_renewed_certificate_without_one) {
  const certificate_authority authority{daemon_.directory(), "hook-ca"};
  const certificate_request names{{"localhost"}, {"127.0.0.1"}};
  const auto old = authority.issue("hook", names);
  configure("webhook: {listen: [\"127.0.0.1:0\"], tls: {cert_file: hook.pem, key_file: " +
            old.key.filename().string() + "}}\n");
  const auto reloaded = daemon_.command({"reload"});
  ASSERT_EQ(reloaded.exit_code, 0) << reloaded.errors;
  const auto call = [&](const fs::path& ca_file) {
    return parse_answer(tls_call(port_, ca_file, request_of({})).bytes).status;
  };
  EXPECT_EQ(call(authority.file()), 200U);

  // From another authority, so that only the new one is believed.
  const certificate_authority other{daemon_.directory(), "other-ca"};
  const auto next = other.issue("next", names);
  fs::rename(next.certificate, old.certificate);
  EXPECT_EQ(call(authority.file()), 200U) << "half of a pair is not taken";
  fs::rename(next.key, old.key);
  EXPECT_EQ(call(other.file()), 200U);
  api_.rotate("acme");
  EXPECT_EQ(call(other.file()), 200U);
  EXPECT_TRUE(is_delivered());
}

TEST_F(webhook_test, a_reload_with_a_pair_that_does_not_fit_is_refused_whole) {
  const certificate_authority authority{daemon_.directory(), "hook-ca"};
  const auto one = authority.issue("one", {{"localhost"}, {}});
  const auto two = authority.issue("two", {{"localhost"}, {}});
  auto options = daemon_.options();
  options.workspaces.emplace_back("beta");
  options.more = "webhook: {listen: [\"127.0.0.1:0\"], tls: {cert_file: one.pem, key_file: " +
                 two.key.filename().string() + "}}\n";
  api_.add("beta");
  daemon_.configure(options);
  const auto refused = daemon_.command({"reload"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.errors.find("does not belong to the certificate"), std::string::npos)
      << refused.errors;
  EXPECT_EQ(tell(), 200U);
  EXPECT_TRUE(eventually([&] { return api_.count("acme", "gets") >= 2; })) << "beta would be too";
  EXPECT_EQ(api_.count("beta", "gets"), 0U);
  EXPECT_EQ(daemon_.command({"check"}).exit_code, 78);
}

}  // namespace
}  // namespace tokensyncd::tests
