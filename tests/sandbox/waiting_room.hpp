#pragma once

#include <cstddef>
#include <unordered_set>

#include <boost/asio/steady_timer.hpp>

namespace tokensyncd::sandbox {

/// Where held answers wait until they are let go.
class waiting_room {
 public:
  /// One who waits, for as long as this lives. Ends the wait by cancelling `until`.
  class seat {
   public:
    seat(waiting_room& room, boost::asio::steady_timer& until) : room_(room), until_(until) {
      room_.waiting_.insert(&until_);
    }
    ~seat() { room_.waiting_.erase(&until_); }
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;

   private:
    waiting_room& room_;
    boost::asio::steady_timer& until_;
  };

  /// Lets all go. How many.
  std::size_t release() {
    for (auto* timer : waiting_) timer->cancel();
    return waiting_.size();
  }

  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  std::unordered_set<boost::asio::steady_timer*> waiting_;
};

}  // namespace tokensyncd::sandbox
