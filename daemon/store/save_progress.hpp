#pragma once

#include <cstdint>
#include <utility>

#include "daemon/model/failure.hpp"

namespace tokensyncd::store {

/// How far the saves of a store_health have come. Each save has a number, counted from 1. The store
/// accepts or refuses all saves up to a number at once. It has no errors of its own. For the loop's
/// thread.
class save_progress {
 public:
  /// The number of a save that is asked for now.
  std::uint64_t ask() noexcept { return ++asked_; }

  /// The number of the last save that was asked for.
  [[nodiscard]] std::uint64_t asked() const noexcept { return asked_; }

  /// The store accepted all saves up to number `last`.
  void accepted_up_to(std::uint64_t last) noexcept { saved_ = last; }

  /// The store refused the saves up to number `last` because of `why`.
  void refused_up_to(std::uint64_t last, failure why) {
    failed_ = last;
    error_ = std::move(why);
  }

  [[nodiscard]] bool is_accepted(std::uint64_t number) const noexcept { return saved_ >= number; }
  [[nodiscard]] bool is_refused(std::uint64_t number) const noexcept { return failed_ >= number; }

  /// Why the store refused last.
  [[nodiscard]] const failure& error() const noexcept { return error_; }

 private:
  std::uint64_t asked_ = 0;
  std::uint64_t saved_ = 0;
  std::uint64_t failed_ = 0;
  failure error_{};
};

}  // namespace tokensyncd::store
