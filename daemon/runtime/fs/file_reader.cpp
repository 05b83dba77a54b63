#include "daemon/runtime/fs/file_reader.hpp"

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <openssl/crypto.h>

namespace tokensyncd {

/// What the reading thread and the loop share. The thread may outlive everything else.
struct file_reader::flight {
  std::mutex lock;
  std::optional<executor> home;  // under the lock; none once nobody waits any more
  file_reader* owner = nullptr;  // for the loop's thread alone
};

struct file_reader::waiter {
  waiter(file_reader& of, const executor& home, steady_time until)
      : owner(of), number(of.asked_), wake(home, until) {
    owner.waiting_.push_back(this);
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() { std::erase(owner.waiting_, this); }

  file_reader& owner;
  std::uint64_t number;
  timer wake;
};

file_reader::~file_reader() {
  if (!flight_) return;
  flight_->owner = nullptr;
  const std::scoped_lock guard(flight_->lock);
  flight_->home.reset();
}

void file_reader::take_off(const executor& home, read how) {
  auto under_way = std::make_shared<flight>();
  under_way->home = home;
  under_way->owner = this;
  flying_ = asked_;
  auto work = [under_way, how = std::move(how)]() mutable {
    take outcome;
    try {
      outcome = how();
    } catch (...) {
      outcome = {};
    }
    how = {};
    // Once it has landed the program may end, and OpenSSL then forgets its threads
    // (OPENSSL_cleanup(3)).
    OPENSSL_thread_stop();
    const std::scoped_lock guard(under_way->lock);
    if (!under_way->home) return;
    asio::post(*under_way->home, [under_way, outcome = std::move(outcome)] {
      if (under_way->owner != nullptr) under_way->owner->landed(*under_way->home, outcome);
    });
  };
  try {
    std::thread(std::move(work)).detach();
  } catch (const std::system_error&) {
    // No thread: what was read before stays in use, and the next look comes soon enough.
    taken_ = flying_;
    return;
  }
  flight_ = std::move(under_way);
  began_ = std::chrono::steady_clock::now();
  hang_.emplace(home, began_ + limits_.told_after);
  hang_->async_wait([of = flight_](const boost::system::error_code& cancelled) {
    // It may have gone off already when the read ended.
    if (cancelled || of->owner == nullptr || of->owner->flight_ != of) return;
    if (of->owner->on_hang_) of->owner->on_hang_();
  });
}

void file_reader::landed(const executor& home, const take& outcome) {
  flight_.reset();
  hang_.reset();
  taken_ = flying_;
  if (outcome) outcome();
  if (next_) take_off(home, std::exchange(next_, {}));
  for (waiter* each : waiting_) {
    if (each->number <= taken_) each->wake.cancel();
  }
}

task<> file_reader::run(read how) {
  const auto home = co_await asio::this_coro::executor;
  ++asked_;
  if (flight_) {
    next_ = std::move(how);
  } else {
    take_off(home, std::move(how));
  }
  const steady_time until = began_ + limits_.patience;
  if (taken_ >= asked_ || until <= std::chrono::steady_clock::now()) co_return;
  waiter mine(*this, home, until);
  boost::system::error_code woken;
  co_await mine.wake.async_wait(asio::redirect_error(use_task, woken));
  if (woken && taken_ < mine.number) throw boost::system::system_error(woken);
}

std::string sentence_of_hang(const std::vector<std::filesystem::path>& files) {
  std::string names;
  for (const auto& each : files) {
    if (!each.empty()) names += (names.empty() ? "" : ", ") + each.string();
  }
  return "cannot read " + names +
         ": the file system has not answered for 10 s; the previous content stays in use; check "
         "the disk or the mount";
}

}  // namespace tokensyncd
