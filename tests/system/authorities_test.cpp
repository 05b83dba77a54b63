#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

/// A directory of authorities as the system has one: each under the hash of its name.
std::filesystem::path hashed_directory(const std::filesystem::path& beside,
                                       const std::filesystem::path& authority) {
  const auto directory = beside / "authorities";
  std::filesystem::create_directory(directory);
  const auto told =
      run({"/usr/bin/openssl", {"x509", "-hash", "-noout", "-in", authority.string()}});
  const auto hash = told.output.substr(0, told.output.find('\n'));
  std::filesystem::create_symlink(authority, directory / (hash + ".0"));
  return directory;
}

/// A daemon whose configuration names no ca_file, so that the system's directory decides; OpenSSL
/// takes another one for it from SSL_CERT_DIR.
class authorities_test : public testing::Test {
 protected:
  finished once(const std::filesystem::path& authorities) {
    auto options = daemon_.options();
    options.environment["SSL_CERT_DIR"] = authorities.string();
    daemon_.configure(options);
    auto text = read_file(daemon_.config_file());
    const auto at = text.find("  tls: {");
    text.erase(at, text.find('\n', at) + 1 - at);
    write_file(daemon_.config_file(), text);
    return daemon_.command({"once", "--timeout", "5s"});
  }

  sandbox api_{{.workspaces = {"acme"}, .more = {"--with-tokens"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}}};
};

TEST_F(authorities_test, of_the_systems_directory_are_believed) {
  const auto ended = once(hashed_directory(daemon_.directory(), api_.ca_file()));
  EXPECT_EQ(ended.exit_code, 0) << ended.errors;
  EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme"));
}

TEST_F(authorities_test, that_the_systems_directory_lacks_are_refused_with_the_remedy) {
  const auto empty = daemon_.directory() / "empty";
  std::filesystem::create_directory(empty);
  const auto ended = once(empty);
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.errors, testing::HasSubstr("set ca_file to trust another authority"));
  EXPECT_EQ(daemon_.delivered("acme"), "");
}

}  // namespace
}  // namespace tokensyncd::tests
