#include "daemon/http/client/proxy_request.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "daemon/model/secret.hpp"
#include "daemon/runtime/fs/owned_fd.hpp"

namespace tokensyncd::http {
namespace {

constexpr std::size_t max_credentials = 512;

/// An array that leaves nothing behind.
template <std::size_t Size>
struct wiped_array : std::array<char, Size> {
  ~wiped_array() { wipe(this->data(), Size); }
};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// The status line at the beginning of `head` (RFC 9112, section 4), as early as it is sure to be
/// none. The reason, and the space before it, may be absent.
connect_reply status_line(std::string_view head) noexcept {
  constexpr std::string_view form = "HTTP/1.d ddd";
  for (std::size_t i = 0; i != std::min(head.size(), form.size()); ++i) {
    if (form[i] == 'd' ? !is_digit(head[i]) : head[i] != form[i])
      return {progress::malformed, 0, 0};
  }
  if (head.size() <= form.size()) return {};
  const char next = head[form.size()];
  const auto digit = [&](std::size_t at) { return static_cast<unsigned>(head[at] - '0'); };
  const unsigned status = 100 * digit(9) + 10 * digit(10) + digit(11);
  if ((next != ' ' && next != '\r') || status < 100 || status > 599)
    return {progress::malformed, 0, 0};
  return {progress::done, status, 0};
}

failure unusable(const proxy_login& from, std::string_view why) {
  const std::string where = from.auth_file.empty() ? "user and password of the proxy's variable"
                                                   : "proxy_auth_file " + from.auth_file.string();
  return {failure_kind::invalid, "cannot use " + where + ": " + std::string{why}};
}

}  // namespace

std::optional<secret> read_credentials(const std::filesystem::path& file) {
  // One more than allowed means too many.
  wiped_array<max_credentials + 1> into{};
  const owned_fd from{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!from.is_open()) return {};
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < into.size() && (got = ::read(from.number(), &into[size], into.size() - size)) > 0)
    size += static_cast<std::size_t>(got);
  if (got < 0) return {};
  std::string_view text{into.data(), size};
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return secret{text};
}

std::optional<failure> write_connect(const origin& target, const proxy_login& login,
                                     std::string_view user_agent, outgoing_bytes& out) {
  wiped_array<(max_credentials + 2) / 3 * 4 + 1> encoded{};
  std::string_view credentials;
  std::optional<std::string_view> text;
  if (login.credentials != nullptr) {
    text = login.credentials->reveal();
  } else if (!login.auth_file.empty()) {
    return unusable(login, "it cannot be read");
  }
  if (text) {
    if (text->size() > max_credentials || text->find(':') == std::string_view::npos ||
        !is_header_value(*text)) {
      return unusable(login, "it must hold one line, user:password");
    }
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(text->data()),
                                     static_cast<int>(text->size()));
    credentials = {encoded.data(), static_cast<std::size_t>(size)};
  }

  const std::string to = target.authority_with_port();
  out.begin(2 * to.size() + user_agent.size() + credentials.size() + 128);
  out.add("CONNECT ");
  out.add(to);
  out.add(" HTTP/1.1\r\nHost: ");
  out.add(to);
  if (!user_agent.empty()) {
    out.add("\r\nUser-Agent: ");
    out.add(user_agent);
  }
  if (!credentials.empty()) {
    out.add("\r\nProxy-Authorization: Basic ");
    out.add(credentials);
  }
  out.add("\r\n\r\n");
  return {};
}

connect_reply read_connect_reply(std::string_view received) noexcept {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  for (std::size_t begin = 0;;) {
    const auto head = received.substr(begin);
    const auto line = status_line(head);
    if (line.how != progress::done) return line;
    const auto end = head.find(end_of_head);
    if (end == std::string_view::npos) return {};
    begin += end + end_of_head.size();
    if (line.status >= 200 || line.status == 101) return {progress::done, line.status, begin};
  }
}

}  // namespace tokensyncd::http
