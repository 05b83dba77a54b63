#include "tests/support/raw_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

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

std::size_t body_length(std::string_view head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string_view::npos ? 0 : std::strtoul(head.data() + at + 16, nullptr, 10);
}

}  // namespace

raw_connection::raw_connection(int socket, ssl_st* tls, unsigned index)
    : socket_(socket), tls_(tls), index_(index) {}

raw_connection::~raw_connection() {
  if (tls_ != nullptr) SSL_free(tls_);
}

std::string raw_connection::read_some() {
  if (!unread_.empty()) return std::exchange(unread_, {});
  std::string bytes(16384, '\0');
  const auto got = tls_ != nullptr ? SSL_read(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                   : ::recv(socket_, bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::string raw_connection::read_request() {
  std::string request;
  for (;;) {
    const auto end = request.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::size_t size = end + 4 + body_length(std::string_view{request}.substr(0, end));
      if (request.size() >= size) {
        unread_ = request.substr(size);
        request.resize(size);
        return request;
      }
    }
    const std::string more = read_some();
    if (more.empty()) return {};
    request += more;
  }
}

bool raw_connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ != nullptr
                          ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void raw_connection::send_ticket() {
  if (SSL_new_session_ticket(tls_) != 1) throw std::runtime_error("raw_server: no ticket");
}

void raw_connection::end() {
  if (tls_ != nullptr) SSL_shutdown(tls_);
  cut();
}

void raw_connection::cut() {
  ::shutdown(socket_, SHUT_WR);
}

void raw_connection::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  // Disconnecting a TCP socket that lingers for no time sends the reset at once.
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  if (::connect(socket_, &nobody, sizeof nobody) != 0)
    throw std::runtime_error("raw_server: can't reset");
}

void raw_connection::tunnel_to(unsigned short port) {
  const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in to = endpoint("127.0.0.1", port);
  bool open = ::connect(other, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  std::array<pollfd, 2> ends{{{socket_, POLLIN, 0}, {other, POLLIN, 0}}};
  while (open && ::poll(ends.data(), ends.size(), -1) > 0) {
    for (std::size_t i = 0; i != ends.size() && open; ++i) {
      if (ends[i].revents == 0) continue;
      std::array<char, 16384> bytes{};
      const auto got = ::recv(ends[i].fd, bytes.data(), bytes.size(), 0);
      open = got > 0 && ::send(ends[1 - i].fd, bytes.data(), static_cast<std::size_t>(got),
                               MSG_NOSIGNAL) == got;
    }
  }
  ::close(other);
}

void raw_connection::wait_for_end() {
  while (!read_some().empty()) {
  }
}

bool raw_connection::resumed() const {
  return tls_ != nullptr && SSL_session_reused(tls_) == 1;
}

std::string raw_connection::server_name() const {
  const char* const name =
      tls_ != nullptr ? SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name) : nullptr;
  return name != nullptr ? name : "";
}

std::string raw_connection::client_name() const {
  X509* const shown = tls_ != nullptr ? SSL_get0_peer_certificate(tls_) : nullptr;
  if (shown == nullptr) return {};
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  return name.data();
}

std::string raw_connection::ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string{body};
}

raw_server::raw_server(raw_server_options options, script what) : script_(std::move(what)) {
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

void raw_server::serve(int socket, unsigned index) {
  ssl_st* tls = nullptr;
  bool ready = true;
  if (context_ != nullptr) {
    tls = SSL_new(context_);
    SSL_set_fd(tls, socket);
    ready = SSL_accept(tls) == 1;
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
