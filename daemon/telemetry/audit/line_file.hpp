#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

namespace tokensyncd::telemetry {

/// Why a line_file could not be opened or written.
struct line_file_error {
  const char* doing;  ///< `opened` or `written`
  int code;           ///< an errno
};

/// A file at whose end lines are written (O_APPEND; a new one is 0640, whatever the umask), or a
/// standard stream. It opens no pipe that nobody reads, and waits a second at most for a stream
/// that accepts nothing. A line that could be written in part alone is taken back, or else
/// continued by the next write(). Errors are returned. May block; one thread at a time.
class line_file {
 public:
  explicit line_file(std::filesystem::path path) : path_(std::move(path)) {}
  line_file(const line_file&) = delete;
  line_file& operator=(const line_file&) = delete;
  ~line_file() { close(); }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// What the next open() opens; what is open stays open until close().
  void set_path(std::filesystem::path path) { path_ = std::move(path); }

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

  /// Whether the path leads to another file than the open one, or to none, because somebody has
  /// renamed or removed it (logrotate(8)). Never for a standard stream.
  [[nodiscard]] bool is_moved_away() const;

  /// None when it is open.
  [[nodiscard]] std::optional<line_file_error> open();

  /// Writes what is missing of `line`, which ends with a newline. None when all of it is written.
  [[nodiscard]] std::optional<line_file_error> write(const std::string& line);

  void close() noexcept;

 private:
  [[nodiscard]] bool is_writable() const;
  [[nodiscard]] off_t size() const noexcept;
  void take_back() noexcept;

  std::filesystem::path path_;
  int descriptor_ = -1;
  bool is_stream_ = false;   ///< a standard stream, which may make its writer wait
  off_t begun_at_ = -1;      ///< size of the file before the line in hand; -1: not known
  std::size_t written_ = 0;  ///< bytes of the line in hand that are in the file already
};

}  // namespace tokensyncd::telemetry
