#include "tests/support/raw_server.hpp"

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace tokensyncd::tests {
namespace {

sockaddr_in endpoint(const std::string& address, unsigned short port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1)
    throw std::runtime_error("raw_server: not an address");
  return to;
}

unsigned short port_of(int socket) {
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.sin_port);
}

int listen_on(const std::string& address, unsigned short port, int queue) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in to = endpoint(address, port);
  if (::bind(made, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 ||
      ::listen(made, queue) != 0) {
    ::close(made);
    throw std::runtime_error("raw_server: can't listen");
  }
  return made;
}

int number(tls_version version) {
  switch (version) {
    case tls_version::v1_1:
      return TLS1_1_VERSION;
    case tls_version::v1_2:
      return TLS1_2_VERSION;
    case tls_version::v1_3:
      return TLS1_3_VERSION;
  }
  return 0;
}

void set(int socket, int option, int value) {
  ::setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value);
}

}  // namespace

raw_server::raw_server(raw_server_options options, script what)
    : script_(std::move(what)), early_(options.before_the_client_is_done) {
  // OpenSSL writes without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  if (options.tls) {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate_chain_file(context_, options.tls->certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_, options.tls->key.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_max_proto_version(context_, number(options.newest));
    const unsigned char name[] = "raw";
    if (!options.client_authority.empty()) {
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      SSL_CTX_load_verify_file(context_, options.client_authority.c_str());
      SSL_CTX_set_client_CA_list(context_,
                                 SSL_load_client_CA_file(options.client_authority.c_str()));
    }
    SSL_CTX_set_session_id_context(context_, name, sizeof name);
  }
  listener_ = listen_on(options.address, options.port, 128);
  port_ = port_of(listener_);
  acceptor_ = std::thread([this] { accept_all(); });
}

void raw_server::stop() {
  if (!acceptor_.joinable()) return;
  {
    const std::scoped_lock guard(lock_);
    stopping_ = true;
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& one : threads_) one.join();
  ::close(listener_);
  SSL_CTX_free(context_);
}

void raw_server::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::scoped_lock guard(lock_);
    if (socket < 0 || stopping_) {
      if (socket >= 0) ::close(socket);
      return;
    }
    open_.insert(socket);
    threads_.emplace_back([this, socket, index = accepted_++] { serve(socket, index); });
  }
}

bool raw_server::shake_hands(ssl_st* tls) const {
  char ignored = 0;
  std::size_t size = 0;
  // Says that the client sends nothing early, which is what opens the way for us to do so.
  set(SSL_get_fd(tls), TCP_CORK, 1);
  if (!early_.empty() &&
      (SSL_read_early_data(tls, &ignored, 1, &size) != SSL_READ_EARLY_DATA_FINISH ||
       SSL_write_early_data(tls, early_.data(), early_.size(), &size) != 1))
    return false;
  set(SSL_get_fd(tls), TCP_CORK, 0);
  return SSL_accept(tls) == 1;
}

void raw_server::serve(int socket, unsigned index) {
  // What a script has sent is there when send() is back.
  set(socket, TCP_NODELAY, 1);
  ssl_st* tls = nullptr;
  bool ready = true;
  if (context_ != nullptr) {
    tls = SSL_new(context_);
    SSL_set_fd(tls, socket);
    ready = shake_hands(tls);
  }
  {
    raw_connection connection(socket, tls, index);
    if (ready) script_(connection);
  }
  ERR_clear_error();
  const std::scoped_lock guard(lock_);
  open_.erase(socket);
  ::close(socket);
}

black_hole::black_hole(const std::string& address, unsigned short port) {
  sockets_.push_back(listen_on(address, port, 0));
  port_ = port_of(sockets_.front());
  const sockaddr_in to = endpoint(address, port_);
  // The queue holds one more than it says; who comes after that hangs.
  for (int i = 0; i < 4; ++i) {
    const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockets_.push_back(one);
    if (::connect(one, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 &&
        errno != EINPROGRESS)
      throw std::runtime_error("black_hole: can't fill the queue");
  }
}

black_hole::~black_hole() {
  for (const int one : sockets_) ::close(one);
}

}  // namespace tokensyncd::tests
