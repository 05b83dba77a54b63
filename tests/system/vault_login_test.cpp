// How the sink reaches Vault and logs in: TLS, namespaces and every method, the stand-in alone.
#include <memory>
#include <string>

#include <boost/json/array.hpp>
#include <gmock/gmock.h>

#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/system/vault_fixture.hpp"

namespace tokensyncd::tests {
namespace {

class vault_login : public testing::Test {
 protected:
  vault_world& open(const vault_options& options = {}) {
    world_ = std::make_unique<vault_world>(options);
    return *world_;
  }
  void start(const std::string& section) {
    world_->configure(section);
    world_->vault_.forget();
    world_->daemon_->start();
  }
  void stop() { EXPECT_EQ(world_->daemon_->stop(), 0); }

  /// A role of `method` (as the stand-in calls it) that may do what the sink does.
  void role(const std::string& mount, const std::string& method, boost::json::object more) {
    more["mount"] = mount;
    more["name"] = "tokensyncd";
    more["method"] = method;
    more["policies"] = boost::json::array{"tokensyncd"};
    more["ttl"] = 3600;
    world_->vault_.control("role", more);
  }
  void put(const std::string& name, const std::string& content) {
    write_file(world_->daemon_->directory() / name, content);
  }

  /// The section `tls` of a sink that has a certificate of its own.
  [[nodiscard]] std::string tls_with(const key_pair& ours) const {
    return "  tls: {ca_file: \"" + authority_.file().string() + "\", cert_file: \"" +
           ours.certificate.string() + "\", key_file: \"" + ours.key.string() + "\"}\n";
  }

  /// The token in `vault-token` is refused, and the next one there is used.
  void expect_to_recover_from(const std::string& trouble) {
    ASSERT_TRUE(eventually([&] { return world_->writes("error") >= 1; }));
    EXPECT_TRUE(world_->says(trouble));
    put("vault-token", world_->vault_.root_token());
    EXPECT_TRUE(world_->gets("acme") && world_->gets("beta"));
    stop();
  }

  temporary_directory directory_;
  certificate_authority authority_{directory_.path(), "ca"};
  std::unique_ptr<vault_world> world_;
};

TEST_F(vault_login, believes_its_own_authority_and_the_name_that_is_configured) {
  auto& world = open({.tls = authority_.issue("vault", {.names = {"vault.test"}})});
  const std::string ca = "ca_file: \"" + authority_.file().string() + "\"";
  start(world.sink("  tls: {" + ca + "}\n"));
  ASSERT_TRUE(eventually([&] { return world.writes("error") >= 1; }));
  EXPECT_TRUE(world.says("localhost"));
  EXPECT_EQ(world.vault_.count("POST", ""), 0U) << "nothing is said to whom it doesn't know";

  world.configure(world.sink("  tls: {" + ca + ", server_name: vault.test}\n"));
  EXPECT_EQ(world.daemon_->command({"reload"}).exit_code, 0);
  EXPECT_TRUE(world.gets("acme") && world.gets("beta"));
  stop();
}

TEST_F(vault_login, believes_no_other_authority) {
  const certificate_authority other{directory_.path(), "other"};
  auto& world = open({.tls = authority_.issue("vault", {.names = {"localhost"}})});
  start(world.sink("  tls: {ca_file: \"" + other.file().string() + "\"}\n"));
  ASSERT_TRUE(eventually([&] { return world.writes("error") >= 1; }));
  EXPECT_TRUE(world.says("certificate"));
  EXPECT_EQ(world.vault_.count("POST", ""), 0U);
  stop();
}

TEST_F(vault_login, by_certificate) {
  const auto ours =
      authority_.issue("client", {.names = {"tokensyncd.test"}, .usage = "clientAuth"});
  auto& world = open(
      {.tls = authority_.issue("vault", {.names = {"localhost"}}), .client_ca = authority_.file()});
  role("cert", "cert", {{"common_name", "tokensyncd.test"}});
  start(world.section("{method: cert, name: tokensyncd}", tls_with(ours)));
  EXPECT_TRUE(world.gets("acme") && world.gets("beta"));
  stop();
}

TEST_F(vault_login, by_certificate_is_refused_to_another_one) {
  const auto ours = authority_.issue("client", {.names = {"other.test"}, .usage = "clientAuth"});
  auto& world = open(
      {.tls = authority_.issue("vault", {.names = {"localhost"}}), .client_ca = authority_.file()});
  role("cert", "cert", {{"common_name", "tokensyncd.test"}});
  start(world.section("{method: cert, name: tokensyncd}", tls_with(ours)));
  ASSERT_TRUE(eventually([&] { return world.writes("error") >= 1; }));
  EXPECT_TRUE(world.says("tls.cert_file"));
  stop();
}

TEST_F(vault_login, by_kubernetes_with_the_projected_token_as_it_is_then) {
  auto& world = open();
  role("kubernetes", "jwt", {{"jwt", "first"}});
  put("pod-token", "first");
  start(world.section("{method: kubernetes, role: tokensyncd, jwt_file: pod-token}"));
  ASSERT_TRUE(world.gets("acme") && world.gets("beta"));
  // The kubelet has renewed it, and the login of before is over.
  role("kubernetes", "jwt", {{"jwt", "second"}});
  put("pod-token", "second");
  world.vault_.control("revoke_logins");
  world.rotate();
  EXPECT_TRUE(world.gets());
  EXPECT_EQ(world.writes("error"), 0);
  stop();
}

TEST_F(vault_login, by_jwt_at_a_mount_of_ones_own) {
  auto& world = open();
  role("ci/jwt", "jwt", {{"jwt", "signed"}});
  put("jwt", "signed\n");
  start(world.section("{method: jwt, mount: ci/jwt, role: tokensyncd, jwt_file: jwt}"));
  EXPECT_TRUE(world.gets("acme") && world.gets("beta"));
  stop();
}

TEST_F(vault_login, by_token_goes_on_with_the_one_that_takes_its_place) {
  auto& world = open();
  put("vault-token", "not-yet-one");
  start(world.section("{method: token, token_file: vault-token}"));
  expect_to_recover_from("vault-token");
}

TEST_F(vault_login, ends_nothing_with_a_token_that_can_not_be_sent) {
  auto& world = open();
  put("vault-token", "two\nlines");
  start(world.section("{method: token, token_file: vault-token}"));
  expect_to_recover_from("control characters");
}

TEST_F(vault_login, works_within_a_namespace_alone) {
  auto& world = open();
  world.vault_.control("set", {{"namespaces", true}});
  world.vault_.control("mount", {{"path", "secret"}, {"version", 2}, {"namespace", "team-a"}});
  put("vault-token", world.vault_.root_token());
  start(world.section("{method: token, token_file: vault-token}", "  namespace: team-a\n"));
  EXPECT_TRUE(eventually([&] { return world.in_sync("acme") && world.in_sync("beta"); }));
  EXPECT_EQ(world.vault_.version("timelines/acme"), 0U) << "the root namespace has nothing";
  stop();
}

TEST_F(vault_login, knows_its_secret_again_on_a_vault_without_custom_metadata) {
  auto& world = open({.old = true});
  EXPECT_FALSE(world.vault_.has_custom_metadata());
  start(world.sink());
  ASSERT_TRUE(world.gets("acme") && world.gets("beta"));
  stop();
  world.lose_state();
  world.api_.rotate("acme");
  world.daemon_->start();
  EXPECT_TRUE(world.gets());
  EXPECT_EQ(world.vault_.version("timelines/acme"), 2U);
  EXPECT_EQ(world.writes("conflict"), 0);
  stop();
}

}  // namespace
}  // namespace tokensyncd::tests
