#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include <sys/uio.h>

namespace tokensyncd {

/// Writes whole lines to a descriptor that may be a pipe nobody reads: waits for room in small
/// steps, until `stopping` and a second more. For the log's writer thread.
class line_writer {
 public:
  line_writer(int descriptor, const std::atomic<bool>& stopping)
      : descriptor_(descriptor), stopping_(stopping) {}

  /// Appends the line's end. A line that can't be written is lost; nothing is thrown.
  void write(std::string_view line) noexcept;

 private:
  bool wait_for_room() noexcept;

  int descriptor_;
  const std::atomic<bool>& stopping_;
  int patience_ = 10;  ///< steps to wait in all once we are stopping
};

/// Gives records to systemd's journal. For the log's writer thread.
class journal_writer {
 public:
  /// sd_journal_sendv, or a test's stand-in: 0, or a negative errno.
  using send_function = std::function<int(const iovec*, int)>;

  explicit journal_writer(send_function send) : send_(std::move(send)) {}

  /// `fields`: see encode_journal(). False where the journal didn't take it.
  bool write(std::string_view fields) noexcept;

 private:
  send_function send_;
};

/// The machine's journal; answers -ENOENT where there is none.
[[nodiscard]] journal_writer::send_function system_journal();

}  // namespace tokensyncd
