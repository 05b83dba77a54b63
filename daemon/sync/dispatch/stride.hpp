#pragma once

#include <cstddef>
#include <numeric>

namespace tokensyncd::sync {

/// An order of `size` places that visits each once, and neighbours far apart: any few in a row are
/// spread over all. Workspaces with neighbouring ids often share their trouble. Pure.
class stride {
 public:
  explicit stride(std::size_t size) : size_(size), step_(size * 618 / 1000 + 1) {
    while (size_ != 0 && std::gcd(size_, step_) != 1) ++step_;
  }

  /// The place that is visited as number `turn`; `turn` may be any number, the size must not be 0.
  [[nodiscard]] std::size_t at(std::size_t turn) const { return turn % size_ * step_ % size_; }

 private:
  std::size_t size_;
  std::size_t step_;
};

}  // namespace tokensyncd::sync
