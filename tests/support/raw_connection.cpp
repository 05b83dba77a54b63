#include <array>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tests/support/raw_server.hpp"

namespace tokensyncd::tests {
namespace {

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

void raw_connection::send_between_answers() {
  send_ticket();
  if (SSL_do_handshake(tls_) != 1 || SSL_key_update(tls_, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
      SSL_do_handshake(tls_) != 1)
    throw std::runtime_error("raw_server: no key update");
}

void raw_connection::hold_back(bool held) {
  const int on = held ? 1 : 0;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
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

void raw_connection::tunnel_to(unsigned short port,
                               const std::function<void(std::string&)>& to_client) {
  const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool open = ::connect(other, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  std::array<pollfd, 2> ends{{{socket_, POLLIN, 0}, {other, POLLIN, 0}}};
  while (open && ::poll(ends.data(), ends.size(), -1) > 0) {
    for (std::size_t i = 0; i != ends.size() && open; ++i) {
      if (ends[i].revents == 0) continue;
      std::string bytes(16384, '\0');
      const auto got = ::recv(ends[i].fd, bytes.data(), bytes.size(), 0);
      bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      open = got > 0;
      if (open && i == 1 && to_client) to_client(bytes);
      const auto size = static_cast<ssize_t>(bytes.size());
      open = open && ::send(ends[1 - i].fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == size;
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

}  // namespace tokensyncd::tests
