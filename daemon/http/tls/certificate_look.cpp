#include "daemon/http/tls/certificate_look.hpp"

#include <chrono>
#include <ctime>
#include <memory>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace tokensyncd::http {
namespace {

struct free_certificate {
  void operator()(X509* one) const noexcept { X509_free(one); }
};
using owned_certificate = std::unique_ptr<X509, free_certificate>;

/// Null where the file can't be read or holds none.
owned_certificate first_in(const std::filesystem::path& file) {
  const owned_bio bytes{BIO_new_file(file.c_str(), "r")};
  if (!bytes) return {};
  return owned_certificate{PEM_read_bio_X509(bytes.get(), nullptr, &refuse_passphrase, nullptr)};
}

std::string none_in(const std::filesystem::path& file) {
  return "no certificate in PEM could be read from " + file.string();
}

}  // namespace

result<wall_time> expiry_of(const std::filesystem::path& file) {
  const owned_certificate first = first_in(file);
  std::tm parts{};
  const bool is_read = first && ASN1_TIME_to_tm(X509_get0_notAfter(first.get()), &parts) == 1;
  ERR_clear_error();
  if (is_read) return wall_time{std::chrono::seconds{timegm(&parts)}};
  return failure{failure_kind::invalid, none_in(file)};
}

std::string mismatch_of(const pem_pair& files) {
  const owned_certificate first = first_in(files.certificate);
  const auto read = read_private_key(files.key);
  std::string why;
  if (!first) {
    why = none_in(files.certificate);
  } else if (!read) {
    why = read.error().sentence;
  } else if (!read->key) {
    why = "no private key in PEM without a passphrase could be read from " + files.key.string();
  } else if (X509_check_private_key(first.get(), read->key.get()) != 1) {
    why = "the private key in " + files.key.string() + " does not belong to the certificate in " +
          files.certificate.string();
  }
  ERR_clear_error();
  return why;
}

}  // namespace tokensyncd::http
