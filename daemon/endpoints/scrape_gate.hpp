#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"

namespace tokensyncd::endpoints {

/// Lets one in at a time, in order: two Prometheus servers that scrape at the same moment share the
/// loop one after the other. Who reads so slowly that it has been in for long doesn't keep the
/// others out. For the loop's thread; must outlive what it gave out.
class scrape_gate {
 public:
  static constexpr std::chrono::seconds patience{5};  ///< how long one waits
  static constexpr std::chrono::seconds longest{10};  ///< how long one in there counts

  explicit scrape_gate(clock& time) : time_(time) {}

  /// Being inside; destroying it is leaving.
  class lease {
   public:
    lease(scrape_gate& gate, std::uint64_t number) : gate_(gate), number_(number) {}
    ~lease() { gate_.leave(number_); }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;

   private:
    scrape_gate& gate_;
    std::uint64_t number_;
  };

  /// Waits its turn; null when that takes longer than `patience`.
  task<std::unique_ptr<lease>> enter();

 private:
  [[nodiscard]] bool open() const;
  [[nodiscard]] std::unique_ptr<lease> take();
  void leave(std::uint64_t number) noexcept;

  clock& time_;
  std::uint64_t last_number_ = 0;
  std::uint64_t inside_ = 0;  ///< number of who is inside; 0: nobody
  steady_time until_{};       ///< when that no longer counts
  std::deque<sleeper*> waiting_;
};

}  // namespace tokensyncd::endpoints
