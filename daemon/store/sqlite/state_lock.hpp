#pragma once

#include <filesystem>

#include "daemon/model/failure.hpp"

namespace tokensyncd::store {

/// Keeps a second process from the state. Held by the kernel on a file beside it, so it ends with
/// the process, however that ends; no child inherits it. The file stays, as removing it would race
/// with the next holder. One thread at a time.
class state_lock {
 public:
  /// Takes the lock for `state` without waiting. Failures: busy (the sentence names the holder's
  /// pid), missing_place, no_permission, no_space, wrong_place, io_error.
  [[nodiscard]] static result<state_lock> take(const std::filesystem::path& state);

  state_lock(state_lock&& other) noexcept;
  state_lock& operator=(state_lock&& other) noexcept;
  ~state_lock();

  /// Whether the file that is locked is still the one beside `state`; a deleted one keeps nobody
  /// out.
  [[nodiscard]] bool is_beside(const std::filesystem::path& state) const noexcept;

 private:
  explicit state_lock(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace tokensyncd::store
