#include "daemon/http/tls/certificate_expiry.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "daemon/http/tls/pem_pair.hpp"

namespace tokensyncd::http {
namespace {

std::optional<wall_time> expiry_of(const X509* certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return {};
  return wall_time{std::chrono::seconds{timegm(&parts)}};
}

}  // namespace

result<wall_time> first_expiry(const std::filesystem::path& file) {
  const auto free_bio = [](BIO* bytes) { BIO_free(bytes); };
  const auto free_certificate = [](X509* one) { X509_free(one); };
  using certificate = std::unique_ptr<X509, decltype(free_certificate)>;
  const std::unique_ptr<BIO, decltype(free_bio)> bytes{BIO_new_file(file.c_str(), "r"), free_bio};
  std::optional<wall_time> first;
  while (bytes) {
    const certificate one{PEM_read_bio_X509(bytes.get(), nullptr, &refuse_passphrase, nullptr),
                          free_certificate};
    if (!one) break;
    const auto expires = expiry_of(one.get());
    if (expires && (!first || *expires < *first)) first = expires;
  }
  ERR_clear_error();
  if (first) return *first;
  return failure{failure_kind::invalid,
                 "no certificate in PEM could be read from " + file.string()};
}

}  // namespace tokensyncd::http
