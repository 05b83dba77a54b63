#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "daemon/model/secret.hpp"

namespace tokensyncd::sinks {

/// A text with a secret in it while it is put together: what it outgrows, and all of it at the end,
/// is wiped. One thread at a time.
class secret_text {
 public:
  secret_text() = default;
  secret_text(const secret_text&) = delete;
  secret_text& operator=(const secret_text&) = delete;
  ~secret_text();

  void append(std::string_view text);
  void append(char c) { append(std::string_view{&c, 1}); }

  /// The text so far as a secret of its own.
  [[nodiscard]] secret take() const { return secret{{bytes_.get(), size_}}; }

  /// The text so far, valid until it grows.
  [[nodiscard]] std::string_view reveal() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Appends `value` as a JSON string (RFC 8259, section 7).
void append_json(secret_text& to, std::string_view value);

/// Appends a member of a JSON object, with the brace or comma that goes before it: `to` is empty or
/// ends in a member.
void append_json_member(secret_text& to, std::string_view name, std::string_view value);

}  // namespace tokensyncd::sinks
