#include "daemon/http/proxy_request.hpp"

#include <array>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "daemon/model/secret.hpp"

namespace tokensyncd::http {
namespace {

constexpr std::size_t max_credentials = 512;

/// An array that leaves nothing behind.
template <std::size_t Size>
struct wiped_array : std::array<char, Size> {
  ~wiped_array() { wipe(this->data(), Size); }
};

/// The file's first bytes; one more than allowed means too many.
std::optional<std::string_view> read_file(const std::filesystem::path& path,
                                          wiped_array<max_credentials + 1>& into) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return {};
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < into.size() && (got = ::read(file, &into[size], into.size() - size)) > 0)
    size += static_cast<std::size_t>(got);
  ::close(file);
  if (got < 0) return {};
  std::string_view text{into.data(), size};
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

failure unusable(const std::filesystem::path& path, std::string_view why) {
  return {failure_kind::invalid,
          "can't use proxy_auth_file " + path.string() + ": " + std::string{why}};
}

}  // namespace

std::optional<failure> write_connect(const origin& target, const std::filesystem::path& auth_file,
                                     std::string_view user_agent, outgoing_bytes& out) {
  wiped_array<max_credentials + 1> plain{};
  wiped_array<(max_credentials + 2) / 3 * 4 + 1> encoded{};
  std::string_view credentials;
  if (!auth_file.empty()) {
    const auto text = read_file(auth_file, plain);
    if (!text) return unusable(auth_file, "it can't be read");
    if (text->size() > max_credentials || text->find(':') == std::string_view::npos ||
        !is_header_value(*text)) {
      return unusable(auth_file, "it must hold one line, user:password");
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

}  // namespace tokensyncd::http
