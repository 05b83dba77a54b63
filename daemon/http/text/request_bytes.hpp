#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "daemon/http/client/client.hpp"

namespace tokensyncd::http {

/// A buffer for what is sent, reused and wiped: requests carry credentials. One thread at a time.
class outgoing_bytes {
 public:
  outgoing_bytes() = default;
  outgoing_bytes(const outgoing_bytes&) = delete;
  outgoing_bytes& operator=(const outgoing_bytes&) = delete;
  ~outgoing_bytes() { clear(); }

  /// Wipes what is there and makes room for `size` bytes.
  void begin(std::size_t size);

  /// Adds bytes for which begin() made room.
  void add(std::string_view text) noexcept;

  /// Wipes what is there.
  void clear() noexcept;

  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

/// What is the same in all requests of a client, from the version on: Host, User-Agent, Accept, and
/// `Accept-Encoding: identity`. Throws std::runtime_error where `user_agent` can't be a header.
[[nodiscard]] std::string common_headers(std::string_view authority, std::string_view user_agent);

/// Writes a request (RFC 9112, section 3). Throws std::invalid_argument where the target or a
/// header holds what would end it: never sent.
void write_request(const request& what, std::string_view common, outgoing_bytes& out);

/// Whether `text` can be a header's value: no control characters but tab (RFC 9110, section 5.5).
[[nodiscard]] bool is_header_value(std::string_view text) noexcept;

/// Whether `text` can be a header's name (RFC 9110, section 5.6.2).
[[nodiscard]] bool is_header_name(std::string_view text) noexcept;

}  // namespace tokensyncd::http
