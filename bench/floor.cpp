// The least that brings a token to a file when an event comes: answer the event, GET over a kept
// TLS connection, write, fsync, rename, fsync the directory. It verifies no event, remembers
// nothing and does one thing at a time; what stands above it is the price of a daemon.
//
//   tokensyncd_floor API_PORT CA_FILE TARGET_PREFIX HEADERS DIRECTORY
//
// Prints the port it takes events on, then for each event its workspace and, in ns since 1970, when
// the file was durable.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int check(int outcome, const char* what) {
  if (outcome < 0) die(what);
  return outcome;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

int tcp() {
  const int made = check(::socket(AF_INET, SOCK_STREAM, 0), "socket");
  const int on = 1;
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return made;
}

std::uint16_t listen_on(int listener) {
  auto at = loopback(0);
  check(::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at), "bind");
  check(::listen(listener, 8), "listen");
  socklen_t size = sizeof at;
  check(::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size), "port");
  return ntohs(at.sin_port);
}

SSL* connect_to_api(std::uint16_t port, const char* ca_file) {
  const int wire = tcp();
  const auto at = loopback(port);
  check(::connect(wire, reinterpret_cast<const sockaddr*>(&at), sizeof at), "connect");
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_load_verify_file(context, ca_file);
  SSL* const tls = SSL_new(context);
  char name[] = "localhost";  // OpenSSL's macro for this casts as C does
  SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name);
  SSL_set_fd(tls, wire);
  if (SSL_connect(tls) != 1) die("handshake");
  return tls;
}

/// What stands between `mark` and the next quote.
std::string_view member(std::string_view text, std::string_view etag) {
  const auto begin = text.find(etag);
  if (begin == std::string_view::npos) die("no such member");
  text.remove_prefix(begin + etag.size());
  return text.substr(0, text.find('"'));
}

/// One message that tells its length, by `read`.
template <class Read>
bool receive(std::string& into, Read read) {
  into.clear();
  char got[4096];
  for (std::size_t whole = std::string::npos; into.size() < whole;) {
    const auto count = read(got, sizeof got);
    if (count <= 0) return false;
    into.append(got, static_cast<std::size_t>(count));
    const auto head = into.find("\r\n\r\n");
    if (head == std::string::npos) continue;
    const auto length = into.find("Content-Length: ");
    if (length == std::string::npos || length > head) die("no length");
    whole = head + 4 + std::strtoul(into.c_str() + length + 16, nullptr, 10);
  }
  return true;
}

void write_file(int directory, const std::string& name, std::string_view token) {
  const std::string other = "." + name;
  const int file =
      check(::openat(directory, other.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600), "open");
  check(static_cast<int>(::write(file, token.data(), token.size())), "write");
  check(::fsync(file), "fsync");
  ::close(file);
  check(::renameat(directory, other.c_str(), directory, name.c_str()), "rename");
  check(::fsync(directory), "fsync");
}

long long now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) return 64;
  const std::string_view prefix = words[3];
  const std::string headers = words[4];
  const int directory = check(::open(words[5], O_RDONLY | O_DIRECTORY), words[5]);
  SSL* const api =
      connect_to_api(static_cast<std::uint16_t>(std::strtoul(words[1], nullptr, 10)), words[2]);
  const int listener = tcp();
  std::printf("%u\n", unsigned{listen_on(listener)});
  std::fflush(stdout);
  const int events = check(::accept(listener, nullptr, nullptr), "accept");
  const int on = 1;
  ::setsockopt(events, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  std::string event;
  std::string answer;
  constexpr std::string_view taken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  while (receive(event, [&](char* to, std::size_t size) { return ::read(events, to, size); })) {
    check(static_cast<int>(::write(events, taken.data(), taken.size())), "answer");
    const std::string workspace{member(event, R"("workspace_id":")")};
    std::string question = "GET ";
    question.append(prefix).append("/workspaces/").append(workspace);
    question.append("/api-token HTTP/1.1\r\n").append(headers).append("\r\n");
    if (SSL_write(api, question.data(), static_cast<int>(question.size())) <= 0) die("ask");
    const auto read = [&](char* to, std::size_t size) {
      return SSL_read(api, to, static_cast<int>(size));
    };
    if (!receive(answer, read)) die("no answer");
    write_file(directory, workspace, member(answer, R"("token":")"));
    std::printf("%s %lld\n", workspace.c_str(), now_ns());
    std::fflush(stdout);
  }
  return 0;
}
