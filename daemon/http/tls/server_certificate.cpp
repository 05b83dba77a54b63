#include "daemon/http/tls/server_certificate.hpp"

#include <chrono>
#include <new>
#include <utility>

#include <openssl/err.h>

#include "daemon/http/tls/certificate_look.hpp"
#include "daemon/http/tls/tls_error.hpp"

namespace tokensyncd::http {
namespace {

constexpr std::chrono::seconds retry_interval{30};

/// False where it isn't that of the certificate.
bool use_key(SSL_CTX* context, const std::filesystem::path& file) {
  const auto found = read_private_key(file);
  if (!found) throw_tls_error(found.error().sentence);
  if (!found->key) {
    throw_tls_error(
        "cannot use " + file.string() +
        ": key_file must hold the private key of cert_file's first certificate (PEM, without a "
        "passphrase)");
  }
  return SSL_CTX_use_PrivateKey(context, found->key.get()) == 1 &&
         SSL_CTX_check_private_key(context) == 1;
}

}  // namespace

server_certificate::server_certificate(std::filesystem::path cert_file,
                                       std::filesystem::path key_file, certificate_notice tell)
    : paths_{std::move(cert_file), std::move(key_file)},
      tell_(std::move(tell)),
      files_([this] { tell_of_hang(); }) {
  looked_at_ = paths_.look();
  context_ = load(paths_);
}

server_certificate::context_ptr server_certificate::load(const pem_pair& from) {
  context_ptr made{SSL_CTX_new(TLS_server_method())};
  SSL_CTX* const context = made.get();
  if (context == nullptr) throw_tls_error("OpenSSL cannot make a TLS context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_CLEANSE_PLAINTEXT);
  // Tickets alone: nothing is kept for who doesn't come back.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (const std::string weak = weakness_of(from.certificate); !weak.empty())
    throw_tls_error("cannot use " + from.certificate.string() + ": " + weak);
  if (SSL_CTX_use_certificate_chain_file(context, from.certificate.c_str()) != 1) {
    throw_tls_error(
        "cannot use " + from.certificate.string() +
        ": cert_file must hold PEM certificates, the server's own first, readable by the daemon's "
        "user");
  }
  if (!use_key(context, from.key)) {
    throw_tls_error("the private key in " + from.key.string() +
                    " does not belong to the certificate in " + from.certificate.string() +
                    "; replace both");
  }
  return made;
}

task<> server_certificate::look(steady_time now) {
  const bool again = again_at_ && now >= *again_at_;
  file_reader::read read = [this, files = paths_, before = looked_at_, again,
                            now]() -> file_reader::take {
    // Of this object nothing is used here: it may be gone.
    auto found = std::make_shared<reading>();
    // Before they are read: who changes one meanwhile is noticed by the next look.
    found->at = files.look();
    if (found->at == before && !again) return {};
    try {
      found->context = load(files);
    } catch (const std::runtime_error& error) {
      found->trouble = error.what();
    }
    return [this, found, now] { take(std::move(*found), now); };
  };
  co_await files_.run(std::move(read));
}

void server_certificate::take(reading found, steady_time now) {
  // The read before, which was under way when this one was asked for, has found the same.
  if (found.at == looked_at_ && !again_at_) return;
  looked_at_ = found.at;
  if (found.context) {
    context_ = std::move(found.context);
    again_at_.reset();
    trouble_.clear();
    tell_(certificate_change::taken,
          "The certificate in " + paths_.certificate.string() + " is new; it is used from now on.");
    return;
  }
  again_at_ = now + retry_interval;
  if (trouble_ == found.trouble) return;
  trouble_ = std::move(found.trouble);
  tell_(certificate_change::refused, trouble_ + "; the previous certificate stays in use");
}

void server_certificate::tell_of_hang() const {
  if (tell_) tell_(certificate_change::refused, sentence_of_hang({paths_.certificate, paths_.key}));
}

SSL* server_certificate::make() {
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
