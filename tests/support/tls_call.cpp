#include "tests/support/tls_call.hpp"

#include <array>
#include <memory>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/support/blocking_socket.hpp"

namespace tokensyncd::tests {
namespace {

struct deleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
};

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("TLS: ") + what);
}

}  // namespace

tls_answer tls_call(std::uint16_t port, const std::filesystem::path& ca_file,
                    std::string_view bytes) {
  const std::unique_ptr<SSL_CTX, deleter> context{SSL_CTX_new(TLS_client_method())};
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  require(SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1, "no CA file");
  const blocking_socket socket{"127.0.0.1:" + std::to_string(port)};
  const std::unique_ptr<SSL, deleter> tls{SSL_new(context.get())};
  std::string name = "localhost";
  SSL_ctrl(tls.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  require(X509_VERIFY_PARAM_set1_host(SSL_get0_param(tls.get()), name.c_str(), 0) == 1, "no name");
  SSL_set_fd(tls.get(), socket.descriptor());
  require(SSL_connect(tls.get()) == 1, "no handshake");
  const int sent = SSL_write(tls.get(), bytes.data(), static_cast<int>(bytes.size()));
  require(sent == static_cast<int>(bytes.size()), "not sent");

  tls_answer out;
  std::array<char, 64 * 1024> piece{};
  for (;;) {
    const int size = SSL_read(tls.get(), piece.data(), static_cast<int>(piece.size()));
    if (size <= 0) break;
    out.bytes.append(piece.data(), static_cast<std::size_t>(size));
  }
  out.closed_properly = (SSL_get_shutdown(tls.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  ERR_clear_error();
  return out;
}

}  // namespace tokensyncd::tests
