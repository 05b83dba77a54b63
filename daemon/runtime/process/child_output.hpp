#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace tokensyncd {

/// Which of a program's two outputs.
enum class child_stream : unsigned char { out, err };

/// `stdout` or `stderr`.
[[nodiscard]] constexpr std::string_view to_string(child_stream which) noexcept {
  return which == child_stream::out ? "stdout" : "stderr";
}

/// What ends a word in a program's output, beside the end of the line.
inline constexpr std::string_view between_words = " \t\r\v\f\"'`,;()[]{}<>";

/// Takes a line of a program's output, without its end, of which the first `shown` bytes are to be
/// shown; what follows them is there to know a token again that begins before it is cut. Bytes as
/// they came: who shows them escapes them.
using child_lines =
    std::function<void(child_stream from, std::string_view line, std::size_t shown)>;

/// Makes lines of what a program writes, and no more than an operator wants: 200 lines or 16 KiB a
/// run over both streams, then one last line `…cut`. A line over 16 KiB is cut likewise, before the
/// word that would have been cut in two: nobody knows half a token again. Pure.
class child_output {
 public:
  static constexpr std::size_t most_lines = 200;
  static constexpr std::size_t most_bytes = 16 * 1024;
  static constexpr std::size_t read_ahead = 4096;  ///< as long as a token can be

  explicit child_output(child_lines to) : to_(std::move(to)) {}
  child_output(const child_output&) = delete;
  child_output& operator=(const child_output&) = delete;
  ~child_output();

  /// The next bytes of a stream.
  void add(child_stream from, std::string_view bytes);

  /// Nothing comes any more: lines without an end count as well.
  void finish();

  /// Whether everything from now on is dropped.
  [[nodiscard]] bool is_cut() const noexcept { return cut_; }

 private:
  [[nodiscard]] std::size_t room() const noexcept;
  void tell(child_stream from);
  void tell_and_cut(child_stream from);
  void cut(child_stream from);

  child_lines to_;
  std::array<std::string, 2> begun_;  ///< lines whose end hasn't come, by stream
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
  bool cut_ = false;
};

}  // namespace tokensyncd
