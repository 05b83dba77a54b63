#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace tokensyncd {

/// Bytes that must never be printed, logged, stored or left behind in memory.
///
/// Move-only; the bytes live in one heap array of exactly their size (never in a small-string
/// buffer that a move would leave behind) and are wiped when it is destroyed or assigned to.
/// There is no formatter, no stream operator and no comparison on purpose: whoever needs the bytes
/// says `reveal()`, so that a grep finds every such place. One thread at a time.
class secret {
 public:
  secret() noexcept = default;

  /// Copies `bytes`; wiping the original is the caller's job.
  explicit secret(std::string_view bytes);

  secret(secret&& other) noexcept;
  secret& operator=(secret&& other) noexcept;
  secret(const secret&) = delete;
  secret& operator=(const secret&) = delete;
  ~secret();

  /// The bytes themselves, valid while this object lives and isn't assigned to.
  [[nodiscard]] std::string_view reveal() const noexcept { return {bytes_.get(), size_}; }

  /// Length in bytes.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// A second copy, for the rare place that must own its own.
  [[nodiscard]] secret clone() const { return secret{reveal()}; }

 private:
  void wipe() noexcept;

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

/// Overwrites `size` bytes at `data` in a way that the compiler may not leave out.
void wipe(void* data, std::size_t size) noexcept;

}  // namespace tokensyncd
