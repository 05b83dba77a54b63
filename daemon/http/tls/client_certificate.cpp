#include "daemon/http/tls/client_certificate.hpp"

#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace tokensyncd::http {
namespace {

failure refused(std::string why) {
  ERR_clear_error();
  return {failure_kind::invalid, std::move(why)};
}

/// Whether the end of a file was what kept the last certificate from being read.
bool at_end() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

bool is_about_certificates(int reason) {
  switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return true;
    default:
      return false;
  }
}

}  // namespace

void client_certificate::deleter::operator()(STACK_OF(X509) * chain) const noexcept {
  sk_X509_pop_free(chain, X509_free);
}

client_certificate::client_certificate(const client_tls& settings, SSL_CTX* context)
    : paths_{settings.cert_file, settings.key_file} {
  if (paths_.certificate.empty() != paths_.key.empty())
    throw std::runtime_error("tls.cert_file and tls.key_file belong together: set both or neither");
  if (paths_.certificate.empty()) return;
  const auto read = reader(context);
  if (!take(read())) throw std::runtime_error(trouble_);
}

std::function<client_certificate::reading()> client_certificate::reader(SSL_CTX* context) const {
  SSL_CTX_up_ref(context);
  const std::shared_ptr<SSL_CTX> held{context, [](SSL_CTX* one) { SSL_CTX_free(one); }};
  return [from = paths_, before = read_at_, held] {
    reading found;
    if (from.certificate.empty()) return found;
    // Before they are read: a file that changes meanwhile is read again the next time.
    found.at = from.look();
    if (found.at == before) return found;
    auto fresh = read(from, held.get());
    if (fresh) {
      found.fresh = std::move(*fresh);
    } else {
      found.trouble = std::move(fresh).error().sentence;
    }
    return found;
  };
}

bool client_certificate::take(reading found) {
  trouble_ = std::move(found.trouble);
  // The same: the read before, which was under way when this one was asked for, has found it.
  if (!found.fresh.certificate || found.at == read_at_) return false;
  pair_ = std::move(found.fresh);
  read_at_ = found.at;
  return true;
}

bool client_certificate::show(const pair& what, SSL* connection) {
  return SSL_use_cert_and_key(connection, what.certificate.get(), what.key.get(), what.chain.get(),
                              1) == 1;
}

void client_certificate::use_on(SSL* connection) const {
  // On each connection instead of once on the context: that would keep one of each kind of key, and
  // choose an old RSA one beside a new ECDSA one.
  if (!paths_.certificate.empty() && !show(pair_, connection)) throw std::bad_alloc();
}

bool client_certificate::is_on(const SSL* connection) const noexcept {
  return SSL_get_certificate(connection) == pair_.certificate.get();
}

result<client_certificate::pair> client_certificate::read(const pem_pair& from, SSL_CTX* context) {
  pair found;
  if (auto error = read_certificates(from, found)) return std::move(*error);
  if (auto error = read_key(from, found)) return std::move(*error);
  if (X509_check_private_key(found.certificate.get(), found.key.get()) != 1) {
    return refused("tls.key_file " + from.key.string() +
                   " does not belong to the certificate in tls.cert_file " +
                   from.certificate.string() + ": replace both with a certificate and its key");
  }
  struct connection_deleter {
    void operator()(SSL* one) const noexcept { SSL_free(one); }
  };
  const std::unique_ptr<SSL, connection_deleter> trial{SSL_new(context)};
  if (!trial || !show(found, trial.get())) {
    const char* const why = ERR_reason_error_string(ERR_peek_last_error());
    return refused("OpenSSL refuses the certificate in tls.cert_file " + from.certificate.string() +
                   " (" + (why != nullptr ? why : "no reason given") +
                   "): get one with a stronger key and signature");
  }
  return found;
}

std::optional<failure> client_certificate::read_certificates(const pem_pair& from, pair& into) {
  const auto unusable = [&from] {
    return refused("cannot use " + from.certificate.string() +
                   ": tls.cert_file must hold the client certificate and its intermediate "
                   "certificates, in PEM, readable by the daemon's user");
  };
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(from.certificate, ignored)) return unusable();
  const owned_bio file{BIO_new_file(from.certificate.c_str(), "r")};
  into.chain.reset(sk_X509_new_null());
  if (!file || !into.chain) return unusable();
  into.certificate.reset(PEM_read_bio_X509_AUX(file.get(), nullptr, &refuse_passphrase, nullptr));
  if (!into.certificate) return unusable();
  while (owned<X509> next{PEM_read_bio_X509(file.get(), nullptr, &refuse_passphrase, nullptr)}) {
    if (sk_X509_push(into.chain.get(), next.get()) == 0) return unusable();
    X509_up_ref(next.get());  // the chain frees it too
  }
  if (!at_end()) return unusable();
  ERR_clear_error();
  return {};
}

std::optional<failure> client_certificate::read_key(const pem_pair& from, pair& into) {
  auto found = read_private_key(from.key);
  if (!found) return refused("cannot use tls.key_file: " + found.error().sentence);
  into.key = std::move(found->key);
  if (into.key) return {};
  if (found->encrypted) {
    return refused("cannot use " + from.key.string() +
                   ": the private key of tls.key_file is encrypted, and the daemon cannot ask for "
                   "its password; decrypt it with openssl pkey");
  }
  return refused("cannot use " + from.key.string() + ": tls.key_file needs a private key in PEM");
}

std::string client_certificate::words(int reason) const {
  const std::string ours = "the client certificate in " + paths_.certificate.string();
  switch (reason) {
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return " says that " + ours + " has expired: renew it, or check that machine's clock";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
      return " says that " + ours + " was revoked: replace it";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return " does not know the authority of " + ours +
             ": make the server trust it, or add the intermediate certificates to the file";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return " does not accept the kind of " + ours +
             ": ask its operator which keys and signatures it accepts";
    default:
      return " refuses " + ours +
             ": check that it is a client certificate and that the server trusts its authority";
  }
}

std::optional<failure> client_certificate::refusal(const SSL* connection, unsigned long reason,
                                                   const std::string& host) const {
  if (ERR_GET_LIB(reason) != ERR_LIB_SSL) return {};
  const int why = ERR_GET_REASON(reason);
  const bool none = SSL_get_certificate(connection) == nullptr;
  // TLS 1.2 has no alert of its own for a certificate that is lacking.
  const bool lacks = none && why == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE &&
                     SSL_get0_peer_CA_list(connection) != nullptr;
  if (!lacks && !is_about_certificates(why)) return {};
  if (none) {
    return failure{failure_kind::tls,
                   host + " requires a client certificate: set tls.cert_file and tls.key_file"};
  }
  std::string sentence = host + words(why);
  if (!trouble_.empty()) sentence += "; their current content is not used: " + trouble_;
  return failure{failure_kind::tls, std::move(sentence)};
}

}  // namespace tokensyncd::http
