#include "daemon/http/tls/certificate_look.hpp"

#include <chrono>
#include <ctime>
#include <memory>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

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

std::string weakness_of(const std::filesystem::path& file) {
  constexpr int enough = 112;
  const owned_certificate first = first_in(file);
  ERR_clear_error();
  if (!first) return {};
  const EVP_PKEY* const key = X509_get0_pubkey(first.get());
  if (key != nullptr && EVP_PKEY_get_security_bits(key) < enough) {
    return "its key is too weak for clients of today (" + std::to_string(EVP_PKEY_get_bits(key)) +
           " bits): get a certificate with an ECDSA key, or RSA of at least 2048 bits";
  }
  int digest = NID_undef;
  int security = enough;
  const bool is_own = (X509_get_extension_flags(first.get()) & EXFLAG_SS) != 0;
  const bool is_known =
      X509_get_signature_info(first.get(), &digest, nullptr, &security, nullptr) == 1;
  if (is_own || !is_known || security >= enough) return {};
  return std::string{"its signature is too weak for clients of today ("} + OBJ_nid2sn(digest) +
         "): get a certificate that is signed with SHA-256";
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
  } else if (const std::string weak = weakness_of(files.certificate); !weak.empty()) {
    why = files.certificate.string() + ": " + weak;
  }
  ERR_clear_error();
  return why;
}

}  // namespace tokensyncd::http
