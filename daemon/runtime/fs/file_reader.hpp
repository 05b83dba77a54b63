#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd {

/// Reads files that an operator may replace, a secret, a key, authorities, away from the loop: a
/// disk that hangs must hold up neither polls nor the end of the process.
///
/// One read at a time, each on a thread of its own that nobody joins: a pool's would have to be
/// waited for at the end. While a read hangs what was read before stays in use, and no further
/// thread is started. For the loop's thread; every run() must have returned before it is destroyed.
class file_reader {
 public:
  /// Takes over, on the loop's thread, what was read; not called when the file_reader is gone.
  using take = std::function<void()>;
  /// Reads, on another thread, and may block. It may outlive everything, so it owns what it uses.
  /// What it throws counts as a read that found nothing.
  using read = std::function<take()>;

  struct limits {
    std::chrono::milliseconds patience{1'000};  ///< nobody waits for longer
    std::chrono::milliseconds told_after{10'000};
  };

  /// `on_hang` is called, on the loop, when a read has not answered for `told_after`; once a read.
  explicit file_reader(std::function<void()> on_hang) : file_reader(std::move(on_hang), {}) {}
  file_reader(std::function<void()> on_hang, limits how_long)
      : on_hang_(std::move(on_hang)), limits_(how_long) {}
  ~file_reader();
  file_reader(const file_reader&) = delete;
  file_reader& operator=(const file_reader&) = delete;

  /// Reads with `how`, which begins after this call, and returns when its outcome was taken, or
  /// `patience` after the read under way began: at once while that hangs. Of those that come while
  /// a read is under way the last one is made, for all of them. Throws
  /// system_error(operation_aborted) when cancelled.
  task<> run(read how);

  /// Whether a read is under way.
  [[nodiscard]] bool is_busy() const noexcept { return flight_ != nullptr; }

 private:
  using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, executor>;
  struct flight;
  struct waiter;

  void take_off(const executor& home, read how);
  void landed(const executor& home, const take& outcome);

  std::function<void()> on_hang_;
  limits limits_;
  std::shared_ptr<flight> flight_;  ///< null: no read is under way
  std::optional<timer> hang_;       ///< of the read under way
  steady_time began_{};             ///< the read under way
  std::uint64_t asked_ = 0;         ///< number of the last run()
  std::uint64_t flying_ = 0;        ///< the last run() that the read under way is for
  std::uint64_t taken_ = 0;         ///< the last run() whose outcome was taken
  read next_;                       ///< to follow; empty: none
  std::vector<waiter*> waiting_;
};

/// The sentence for the log: what `files` held before stays in use while they can't be read.
[[nodiscard]] std::string sentence_of_hang(const std::vector<std::filesystem::path>& files);

}  // namespace tokensyncd
