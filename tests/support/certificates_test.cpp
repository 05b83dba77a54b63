#include "tests/support/certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {
namespace {

// A serial is of random bytes, and only what stands in front of them makes it valid DER: one
// certificate tells nothing.
TEST(certificates, are_read_back_whatever_serial_chance_gave_them) {
  const temporary_directory directory;
  const certificate_authority authority(directory.path(), "ca");
  for (int i = 0; i < 2'000; ++i) {
    const auto made = authority.issue("server", {{"localhost"}, {"127.0.0.1"}});
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    ASSERT_EQ(SSL_CTX_use_certificate_chain_file(context, made.certificate.c_str()), 1);
    ASSERT_EQ(SSL_CTX_use_PrivateKey_file(context, made.key.c_str(), SSL_FILETYPE_PEM), 1);
    SSL_CTX_free(context);
  }
}

}  // namespace
}  // namespace tokensyncd::tests
