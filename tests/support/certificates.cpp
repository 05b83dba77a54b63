#include "tests/support/certificates.hpp"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <utility>

#include <fcntl.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace tokensyncd::tests {
namespace {

struct deleter {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(BIO* file) const noexcept { BIO_free(file); }
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
  void operator()(X509_NAME* name) const noexcept { X509_NAME_free(name); }
};
template <class T>
using owned = std::unique_ptr<T, deleter>;

void must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error("certificates: can't " + what);
}

owned<std::FILE> open_to_read(const std::filesystem::path& path) {
  owned<std::FILE> file{std::fopen(path.c_str(), "r")};
  must(file != nullptr, "read " + path.string());
  return file;
}

owned<std::FILE> open_to_write(const std::filesystem::path& path, mode_t mode) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  must(descriptor >= 0, "write " + path.string());
  return owned<std::FILE>{::fdopen(descriptor, "w")};
}

void add(X509* to, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  const owned<X509_EXTENSION> extension{
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  must(extension && X509_add_ext(to, extension.get(), -1) == 1, "add an extension");
}

owned<X509> begin(const std::string& name, EVP_PKEY* key, std::chrono::seconds from,
                  std::chrono::seconds until) {
  owned<X509> made{X509_new()};
  X509_set_version(made.get(), 2);
  // By way of a number: random bytes may begin with a zero, and such an integer isn't DER.
  std::uint64_t serial = 0;
  must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial) == 1,
       "choose a serial");
  X509_gmtime_adj(X509_getm_notBefore(made.get()), from.count());
  X509_gmtime_adj(X509_getm_notAfter(made.get()), until.count());
  X509_set_pubkey(made.get(), key);
  // A certificate's own name is const since OpenSSL 4.
  const owned<X509_NAME> subject{X509_NAME_new()};
  X509_NAME_add_entry_by_txt(subject.get(), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_subject_name(made.get(), subject.get());
  return made;
}

key_pair write(const std::filesystem::path& directory, const std::string& name, X509* certificate,
               EVP_PKEY* key) {
  key_pair files{directory / (name + ".pem"), directory / (name + "-key.pem")};
  must(PEM_write_X509(open_to_write(files.certificate, 0644).get(), certificate) == 1,
       "write a certificate");
  must(PEM_write_PrivateKey(open_to_write(files.key, 0600).get(), key, nullptr, nullptr, 0, nullptr,
                            nullptr) == 1,
       "write a key");
  return files;
}

}  // namespace

certificate_authority::certificate_authority(std::filesystem::path directory,
                                             const std::string& name,
                                             std::chrono::hours valid_until)
    : directory_(std::move(directory)) {
  const owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  must(key != nullptr, "make a key");
  const auto made = begin(name, key.get(), std::chrono::hours{-48}, valid_until);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  add(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE");
  add(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add(made.get(), made.get(), NID_subject_key_identifier, "hash");
  must(X509_sign(made.get(), key.get(), EVP_sha256()) != 0, "sign");
  own_ = write(directory_, name, made.get(), key.get());
}

std::string certificate_authority::hashed_name() const {
  const owned<X509> own{
      PEM_read_X509(open_to_read(own_.certificate).get(), nullptr, nullptr, nullptr)};
  must(own != nullptr, "read the authority");
  char text[24];
  std::snprintf(text, sizeof text, "%08lx.0", X509_subject_name_hash(own.get()));
  return text;
}

key_pair certificate_authority::issue(const std::string& file_name,
                                      const certificate_request& what) const {
  const owned<X509> issuer{
      PEM_read_X509(open_to_read(own_.certificate).get(), nullptr, nullptr, nullptr)};
  const owned<EVP_PKEY> issuer_key{
      PEM_read_PrivateKey(open_to_read(own_.key).get(), nullptr, nullptr, nullptr)};
  const owned<EVP_PKEY> key{what.rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(what.rsa_bits)};
  must(issuer && issuer_key && key, "read the authority");

  const auto made = begin(file_name, key.get(), what.valid_from, what.valid_until);
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get()));
  std::string names;
  for (const auto& one : what.names) names += (names.empty() ? "DNS:" : ",DNS:") + one;
  for (const auto& one : what.addresses) names += (names.empty() ? "IP:" : ",IP:") + one;
  if (!names.empty()) add(made.get(), issuer.get(), NID_subject_alt_name, names);
  add(made.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  add(made.get(), issuer.get(), NID_ext_key_usage, what.usage);
  add(made.get(), issuer.get(), NID_authority_key_identifier, "keyid");
  must(X509_sign(made.get(), issuer_key.get(), what.sha1 ? EVP_sha1() : EVP_sha256()) != 0, "sign");
  return write(directory_, file_name, made.get(), key.get());
}

certificate_authority certificate_authority::issue_authority(const std::string& name) const {
  const owned<X509> issuer{
      PEM_read_X509(open_to_read(own_.certificate).get(), nullptr, nullptr, nullptr)};
  const owned<EVP_PKEY> issuer_key{
      PEM_read_PrivateKey(open_to_read(own_.key).get(), nullptr, nullptr, nullptr)};
  const owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  must(issuer && issuer_key && key, "read the authority");

  const auto made = begin(name, key.get(), std::chrono::hours{-48}, std::chrono::hours{480});
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get()));
  add(made.get(), issuer.get(), NID_basic_constraints, "critical,CA:TRUE");
  add(made.get(), issuer.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add(made.get(), issuer.get(), NID_subject_key_identifier, "hash");
  add(made.get(), issuer.get(), NID_authority_key_identifier, "keyid");
  must(X509_sign(made.get(), issuer_key.get(), EVP_sha256()) != 0, "sign");
  return {directory_, write(directory_, name, made.get(), key.get())};
}

void encrypt_key(const std::filesystem::path& key, key_form form) {
  const owned<EVP_PKEY> plain{
      PEM_read_PrivateKey(open_to_read(key).get(), nullptr, nullptr, nullptr)};
  must(plain != nullptr, "read a key");
  const owned<BIO> file{BIO_new_file(key.c_str(), "w")};
  unsigned char password[] = "password";
  const auto write_it =
      form == key_form::pkcs8 ? &PEM_write_bio_PrivateKey : &PEM_write_bio_PrivateKey_traditional;
  must(file && write_it(file.get(), plain.get(), EVP_aes_256_cbc(), password, sizeof password - 1,
                        nullptr, nullptr) == 1,
       "write an encrypted key");
}

}  // namespace tokensyncd::tests
