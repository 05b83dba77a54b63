#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "daemon/model/secret.hpp"

namespace tokensyncd::sinks {

/// A text with a secret in it while it is put together: what it outgrows, and all of it at the end,
/// is wiped.
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

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tokensyncd::sinks
