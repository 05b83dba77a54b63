#include "daemon/http/server_certificate.hpp"

#include <chrono>
#include <new>
#include <stdexcept>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "daemon/runtime/secret_file.hpp"

namespace tokensyncd::http {
namespace {

constexpr std::chrono::seconds retry_interval{30};

struct freed {
  void operator()(BIO* bytes) const noexcept { BIO_free(bytes); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};

[[noreturn]] void fail(const std::string& what) {
  ERR_clear_error();
  throw std::runtime_error(what);
}

/// Without it OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

/// False where it isn't that of the certificate.
bool use_key(SSL_CTX* context, const std::filesystem::path& file) {
  const auto content = read_secret_file(file);
  if (!content) fail(content.error().sentence);
  const std::string_view text = content->reveal();
  const std::unique_ptr<BIO, freed> bytes{
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!bytes) throw std::bad_alloc();
  const std::unique_ptr<EVP_PKEY, freed> key{
      PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_passphrase, nullptr)};
  if (!key) {
    fail("can't use " + file.string() +
         ": key_file needs the private key of cert_file's first certificate (PEM, without a "
         "passphrase)");
  }
  return SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
}

}  // namespace

server_certificate::server_certificate(std::filesystem::path cert_file,
                                       std::filesystem::path key_file, certificate_notice tell)
    : cert_file_(std::move(cert_file)), key_file_(std::move(key_file)), tell_(std::move(tell)) {
  looked_at_ = {stamp_of(cert_file_), stamp_of(key_file_)};
  context_ = load();
}

server_certificate::context_ptr server_certificate::load() const {
  context_ptr made{SSL_CTX_new(TLS_server_method())};
  SSL_CTX* const context = made.get();
  if (context == nullptr) fail("OpenSSL can't make a TLS context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_CLEANSE_PLAINTEXT);
  // Tickets alone: nothing is kept for who doesn't come back.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate_chain_file(context, cert_file_.c_str()) != 1) {
    fail("can't use " + cert_file_.string() +
         ": cert_file needs PEM certificates, the server's own first, readable for us");
  }
  if (!use_key(context, key_file_)) {
    fail("the key in " + key_file_.string() + " isn't that of the certificate in " +
         cert_file_.string() + "; replace both");
  }
  return made;
}

void server_certificate::look(steady_time now) {
  // Before they are read: who changes one meanwhile is noticed by the next look.
  const std::array stamps{stamp_of(cert_file_), stamp_of(key_file_)};
  if (stamps == looked_at_ && (!again_at_ || now < *again_at_)) return;
  looked_at_ = stamps;
  try {
    context_ = load();
    again_at_.reset();
    trouble_.clear();
    tell_(true, "The certificate in " + cert_file_.string() + " is new, and shown from now on.");
  } catch (const std::runtime_error& error) {
    again_at_ = now + retry_interval;
    if (trouble_ == error.what()) return;
    trouble_ = error.what();
    tell_(false, trouble_ + "; the certificate from before stays in use");
  }
}

SSL* server_certificate::make(steady_time now) {
  look(now);
  SSL* const connection = SSL_new(context_.get());
  if (connection == nullptr) throw std::bad_alloc();
  return connection;
}

std::shared_ptr<server_certificate> load_certificate(const std::filesystem::path& cert_file,
                                                     const std::filesystem::path& key_file,
                                                     certificate_notice tell) {
  return std::make_shared<server_certificate>(cert_file, key_file, std::move(tell));
}

}  // namespace tokensyncd::http
