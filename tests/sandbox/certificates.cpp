#include "tests/sandbox/certificates.hpp"

#include <cstdio>
#include <memory>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace tokensyncd::sandbox {
namespace {

struct deleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, deleter>;
using certificate_ptr = std::unique_ptr<X509, deleter>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, deleter>;
using file_ptr = std::unique_ptr<std::FILE, deleter>;

void require(bool done, const std::string& what) {
  if (!done) throw std::runtime_error("can't " + what);
}

file_ptr open_new(const std::filesystem::path& path, mode_t mode) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  require(descriptor >= 0, "write " + path.string());
  return file_ptr{::fdopen(descriptor, "w")};
}

void add_extension(X509* to, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  const extension_ptr extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  require(extension && X509_add_ext(to, extension.get(), -1) == 1, "make a certificate extension");
}

certificate_ptr make_certificate(EVP_PKEY* key, const std::string& name) {
  certificate_ptr out{X509_new()};
  X509_set_version(out.get(), X509_VERSION_3);
  unsigned char serial[8];
  RAND_bytes(serial, sizeof serial);
  ASN1_STRING_set(X509_get_serialNumber(out.get()), serial, sizeof serial);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -86'400L);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), 3650 * 86'400L);
  X509_set_pubkey(out.get(), key);
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8, text, -1, -1,
                             0);
  return out;
}

void sign(X509* what, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(what, X509_get_subject_name(issuer));
  require(X509_sign(what, issuer_key, EVP_sha256()) > 0, "sign a certificate");
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address(name, no_address);
    out += (out.empty() ? "" : ",") + std::string(no_address ? "DNS:" : "IP:") + name;
  }
  return out;
}

}  // namespace

void make_certificates(const std::filesystem::path& directory,
                       const std::vector<std::string>& names) {
  std::filesystem::create_directories(directory);
  const key_ptr ca_key{EVP_EC_gen("P-256")};
  const key_ptr server_key{EVP_EC_gen("P-256")};
  require(ca_key && server_key, "make a key");

  const auto ca = make_certificate(ca_key.get(), "tokensyncd sandbox CA");
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  sign(ca.get(), ca.get(), ca_key.get());

  const auto server = make_certificate(server_key.get(), "tokensyncd sandbox");
  X509_set_issuer_name(server.get(), X509_get_subject_name(ca.get()));
  add_extension(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth");
  add_extension(server.get(), ca.get(), NID_subject_alt_name, alternative_names(names));
  add_extension(server.get(), ca.get(), NID_authority_key_identifier, "keyid");
  sign(server.get(), ca.get(), ca_key.get());

  const auto ca_file = open_new(directory / "ca.pem", 0644);
  const auto server_file = open_new(directory / "server.pem", 0644);
  const auto key_file = open_new(directory / "server-key.pem", 0600);
  require(PEM_write_X509(ca_file.get(), ca.get()) == 1 &&
              PEM_write_X509(server_file.get(), server.get()) == 1 &&
              PEM_write_PrivateKey(key_file.get(), server_key.get(), nullptr, nullptr, 0, nullptr,
                                   nullptr) == 1,
          "write certificates to " + directory.string());
}

}  // namespace tokensyncd::sandbox
