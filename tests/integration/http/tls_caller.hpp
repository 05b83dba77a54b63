#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace tokensyncd::tests {

/// The serial number of a certificate; takes `shown` over.
inline std::string serial_of(X509* shown) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get_serialNumber(shown), nullptr);
  char* text = BN_bn2hex(number);
  std::string out = text;
  OPENSSL_free(text);
  BN_free(number);
  X509_free(shown);
  return out;
}

/// A client with OpenSSL alone, which blocks.
class tls_caller {
 public:
  tls_caller(unsigned short port, const std::filesystem::path& ca_file, int most = 0)
      : context_(SSL_CTX_new(TLS_client_method())), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    // What Debian's configuration forbids is still offered here.
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), most);
    EXPECT_EQ(SSL_CTX_load_verify_file(context_.get(), ca_file.c_str()), 1);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), socket_);
    EXPECT_EQ(X509_VERIFY_PARAM_set1_host(SSL_get0_param(tls_.get()), "localhost", 0), 1);
    greeted_ = SSL_connect(tls_.get()) == 1;
  }
  tls_caller(const tls_caller&) = delete;
  tls_caller& operator=(const tls_caller&) = delete;
  ~tls_caller() {
    ::close(socket_);
    ERR_clear_error();
  }

  [[nodiscard]] bool greeted() const { return greeted_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(tls_.get()); }
  SSL* get() { return tls_.get(); }

  tls_caller& say(std::string_view bytes) {
    SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    return *this;
  }
  /// What comes until `end` has come, or the connection ends where it is empty.
  std::string hear(std::string_view end = {}) {
    std::string all;
    char bytes[4096];
    while (end.empty() || all.find(end) == std::string::npos) {
      const int got = SSL_read(tls_.get(), bytes, sizeof bytes);
      if (got <= 0) break;
      all.append(bytes, static_cast<std::size_t>(got));
    }
    return all;
  }
  [[nodiscard]] bool ended_in_order() const {
    return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  /// The serial number of the certificate that was shown.
  [[nodiscard]] std::string serial() const {
    return serial_of(SSL_get1_peer_certificate(tls_.get()));
  }

 private:
  struct freed {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  std::unique_ptr<SSL_CTX, freed> context_;
  std::unique_ptr<SSL, freed> tls_;
  int socket_;
  bool greeted_ = false;
};

/// The first message of a handshake.
inline std::string client_hello() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free};
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls{SSL_new(context.get()), SSL_free};
  BIO* const sent = BIO_new(BIO_s_mem());
  SSL_set_bio(tls.get(), BIO_new(BIO_s_mem()), sent);
  SSL_connect(tls.get());
  ERR_clear_error();
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(sent, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace tokensyncd::tests
