#pragma once

#include <utility>

#include <unistd.h>

namespace tokensyncd {

/// A descriptor that is closed at the end. Any thread, one at a time.
class owned_fd {
 public:
  owned_fd() noexcept = default;
  explicit owned_fd(int number) noexcept : number_(number) {}
  owned_fd(owned_fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  owned_fd& operator=(owned_fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~owned_fd() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

  /// Gives it away; who takes it closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

}  // namespace tokensyncd
