#include "tests/support/free_port.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tokensyncd::tests {
namespace {

constexpr unsigned lowest = 10'000;
constexpr unsigned pairs = 11'000;

/// By a name that one socket of the machine can have: it is given back with the process, however
/// that ends.
bool reserve(unsigned port) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string text = "tokensyncd-tests-port-" + std::to_string(port);
  std::memcpy(name.sun_path + 1, text.data(), text.size());  // a name that begins with 0 is no file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  const int holder = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (::bind(holder, reinterpret_cast<const sockaddr*>(&name), size) == 0) return true;
  ::close(holder);
  return false;
}

bool is_free(unsigned port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool bound = ::bind(probe, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(probe);
  return bound;
}

}  // namespace

unsigned short free_port() {
  static std::random_device rng;
  const unsigned first = rng() % pairs;
  for (unsigned i = 0; i < pairs; ++i) {
    const unsigned port = lowest + 2 * ((first + i) % pairs);
    if (reserve(port) && is_free(port) && is_free(port + 1))
      return static_cast<unsigned short>(port);
  }
  throw std::runtime_error("no free port");
}

}  // namespace tokensyncd::tests
