#include "daemon/http/tls/certificate_expiry.hpp"

#include <chrono>
#include <ctime>
#include <memory>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "daemon/http/tls/pem_pair.hpp"

namespace tokensyncd::http {

result<wall_time> expiry_of(const std::filesystem::path& file) {
  const auto free_certificate = [](X509* one) { X509_free(one); };
  const owned_bio bytes{BIO_new_file(file.c_str(), "r")};
  std::unique_ptr<X509, decltype(free_certificate)> first{nullptr, free_certificate};
  if (bytes) first.reset(PEM_read_bio_X509(bytes.get(), nullptr, &refuse_passphrase, nullptr));
  std::tm parts{};
  const bool is_read = first && ASN1_TIME_to_tm(X509_get0_notAfter(first.get()), &parts) == 1;
  ERR_clear_error();
  if (is_read) return wall_time{std::chrono::seconds{timegm(&parts)}};
  return failure{failure_kind::invalid,
                 "no certificate in PEM could be read from " + file.string()};
}

}  // namespace tokensyncd::http
