#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/http/client/client.hpp"
#include "daemon/http/client/connection.hpp"
#include "daemon/http/deadline_timer.hpp"

namespace tokensyncd::http {

/// The connections of a pool, in use or idle, with their deadlines. It owns those that are idle;
/// the others are their leases'. It has no errors of its own. For the loop's thread.
class connection_set {
 public:
  [[nodiscard]] std::size_t in_use() const noexcept { return busy_.size(); }
  [[nodiscard]] bool is_empty() const noexcept { return idle_.empty() && busy_.empty(); }
  [[nodiscard]] bool has_idle() const noexcept { return !idle_.empty(); }

  /// Takes one that is new, in use from now on.
  [[nodiscard]] connection_lease add(std::unique_ptr<connection> fresh);

  /// The idle one that was used last, in use from now on; there must be one.
  [[nodiscard]] connection_lease take_idle();

  /// Ends the use of `used` and keeps it for `idle_time`, where it is reusable.
  void give_back(std::unique_ptr<connection> used, milliseconds idle_time) noexcept;

  /// Closes those that `met` holds for: at once, or after the call that they are making.
  template <class Condition>
  void retire_where(Condition met) {
    std::erase_if(idle_, [&](const auto& one) { return met(*one); });
    for (connection* one : busy_)
      if (met(*one)) one->retire();
  }

  /// Ends those whose deadline has passed at `now`; the next deadline, `never` where there is none.
  steady_time expire(steady_time now);

  /// The deadline of the one that has been idle for longest; `never` where none is idle.
  [[nodiscard]] steady_time first_idle_deadline() const noexcept {
    return idle_.empty() ? never : idle_.front()->deadline();
  }

  void count_opened() noexcept { ++opened_; }
  /// Connections opened since start.
  [[nodiscard]] std::uint64_t opened() const noexcept { return opened_; }

 private:
  std::vector<std::unique_ptr<connection>> idle_;  ///< the last one used at the end
  std::vector<connection*> busy_;
  std::uint64_t opened_ = 0;
};

}  // namespace tokensyncd::http
