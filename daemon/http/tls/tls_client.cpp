#include "daemon/http/tls/tls_client.hpp"

#include <new>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "daemon/http/tls/tls_error.hpp"

namespace tokensyncd::http {
namespace {

/// The verification's outcome in words; every text is the library's or ours.
std::string in_words(long verify, const authorities& ours) {
  switch (verify) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired: renew it there, or check this machine's clock";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet: check this machine's clock";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is for another host name (only a subjectAltName counts): check the "
             "URL, or set server_name";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "its certificate comes from an authority that is not among " + ours.in_words();
    default:
      return std::string{"its certificate is refused ("} + X509_verify_cert_error_string(verify) +
             "): check it, and " + ours.in_words();
  }
}

std::string handshake_words(unsigned long reason) {
  switch (ERR_GET_REASON(reason)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "it supports no TLS version that tokensyncd accepts";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return "it does not speak TLS: check the URL's scheme and port";
    default:
      break;
  }
  const char* const text = reason == 0 ? nullptr : ERR_reason_error_string(reason);
  return std::string{"the handshake failed ("} + (text != nullptr ? text : "no reason given") + ")";
}

}  // namespace

tls_client::tls_client(std::string name, bool name_is_address, const client_tls& settings,
                       listeners who_is_told)
    : name_(std::move(name)),
      name_is_address_(name_is_address),
      only_tls13_(settings.only_tls13),
      authorities_(settings.ca_file),
      context_(make_context()),
      told_(std::move(who_is_told)),
      files_([this] { tell_of_hang(); }) {
  certificate_.emplace(settings, context_.get());
}

tls_client::context_ptr tls_client::make_context() {
  context_ptr made{SSL_CTX_new(TLS_client_method())};
  SSL_CTX* const context = made.get();
  if (context == nullptr) throw_tls_error("OpenSSL cannot make a TLS context");
  SSL_CTX_set_min_proto_version(context, only_tls13_ ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set1_cert_store(context, authorities_.in_force());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_sess_set_new_cb(context, &tls_client::keep_session);
  return made;
}

tls_client::~tls_client() = default;

int tls_client::keep_session(SSL* connection, SSL_SESSION* session) {
  const SSL_CTX* const context = SSL_get_SSL_CTX(connection);
  auto* const self = static_cast<tls_client*>(SSL_CTX_get_app_data(context));
  // A connection may outlive the authorities that it was verified with, and our certificate;
  // resumed, its session would bring them back.
  if (context != self->context_.get() || !self->certificate_->is_on(connection)) return 0;
  self->session_.reset(session);
  return 1;
}

task<> tls_client::look() {
  file_reader::read read = [this, believed = authorities_.reader(),
                            shown = certificate_->reader(context_.get())]() -> file_reader::take {
    // Of this object nothing is used here: it may be gone.
    struct readings {
      authorities::reading believed;
      client_certificate::reading shown;
    };
    auto found = std::make_shared<readings>(readings{believed(), shown()});
    return [this, found] { take(std::move(found->believed), std::move(found->shown)); };
  };
  co_await files_.run(std::move(read));
}

void tls_client::take(authorities::reading believed, client_certificate::reading shown) {
  if (certificate_->take(std::move(shown))) session_.reset();
  if (!authorities_.take(std::move(believed))) return;
  context_ = make_context();
  session_.reset();
  if (told_.on_authorities) told_.on_authorities();
}

void tls_client::tell_of_hang() const {
  auto files = authorities_.files();
  for (auto& each : certificate_->files()) files.push_back(std::move(each));
  if (told_.tell) told_.tell(sentence_of_hang(files));
}

SSL* tls_client::make() {
  SSL* const connection = SSL_new(context_.get());
  if (connection == nullptr) throw std::bad_alloc();
  X509_VERIFY_PARAM* const rules = SSL_get0_param(connection);
  bool done = false;
  if (name_is_address_) {
    done = X509_VERIFY_PARAM_set1_ip_asc(rules, name_.c_str()) == 1;
  } else {
    // A certificate's common name is no name of a server (RFC 9525, section 2).
    X509_VERIFY_PARAM_set_hostflags(
        rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    done = X509_VERIFY_PARAM_set1_host(rules, name_.c_str(), name_.size()) == 1 &&
           SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    name_.data()) == 1;
  }
  if (!done) {
    SSL_free(connection);
    throw_tls_error("OpenSSL does not accept the server name " + name_);
  }
  certificate_->use_on(connection);
  if (session_ && SSL_SESSION_is_resumable(session_.get()) == 1)
    SSL_set_session(connection, session_.get());
  return connection;
}

failure tls_client::explain(const SSL* connection, unsigned long reason,
                            const std::string& host) const {
  if (auto refused = refusal(connection, reason, host)) return std::move(*refused);
  const long verify = SSL_get_verify_result(connection);
  const std::string words =
      verify != X509_V_OK ? in_words(verify, authorities_) : handshake_words(reason);
  return {failure_kind::tls, "no TLS with " + host + ": " + words};
}

std::optional<failure> tls_client::refusal(const SSL* connection, unsigned long reason,
                                           const std::string& host) const {
  return certificate_->refusal(connection, reason, host);
}

void mark_shut_down(SSL* connection) noexcept {
  SSL_set_shutdown(connection, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

}  // namespace tokensyncd::http
