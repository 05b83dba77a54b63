#pragma once

#include <utility>

namespace tokensyncd {

/// Runs `end` when it goes out of scope, unless dismissed: for what must also happen when a
/// coroutine is cancelled inside an await. Name the lambda first: see CONTRIBUTING.md. For the
/// thread of its scope.
template <class End>
class on_exit {
 public:
  explicit on_exit(End end) : end_(std::move(end)) {}
  ~on_exit() {
    if (armed_) end_();
  }
  on_exit(const on_exit&) = delete;
  on_exit& operator=(const on_exit&) = delete;
  void dismiss() noexcept { armed_ = false; }

 private:
  End end_;
  bool armed_ = true;
};

}  // namespace tokensyncd
