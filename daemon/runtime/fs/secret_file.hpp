#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd {

/// A secret that an operator keeps in a file and may replace while we run, by rename, in place or
/// through Kubernetes' `..data` symlink.
///
/// One trailing newline (`\n` or `\r\n`) isn't part of it. Refused: a file that its group or others
/// may write, that isn't regular, is empty or over `max_bytes`. What is refused or can't be read
/// leaves the last good content in use. It is looked at when somebody asks, never by a timer of its
/// own. Looks block for as long as the file system does: on the loop, read_secret_file() by
/// a file_reader and take() what it gave. For one thread.
class secret_file {
 public:
  static constexpr std::size_t max_bytes = 64 * 1024;
  static constexpr auto look_interval = std::chrono::seconds{30};

  /// Nothing is read yet: version() is 0 until a look finds a good file.
  explicit secret_file(std::filesystem::path path) : path_(std::move(path)) {}

  /// Reads the file where none was read before or `look_interval` has passed since. The failure is
  /// to be told: each trouble comes once, until it changes or has passed. Its kind is
  /// missing_place, no_permission, invalid or io_error.
  std::optional<failure> look(steady_time now);

  /// Reads the file at once: after a refusal, or when a watch says that something changed.
  std::optional<failure> look_now(steady_time now);

  /// Whether none was read before or `look_interval` has passed since.
  [[nodiscard]] bool is_due(steady_time now) const noexcept {
    return !looked_ || now - *looked_ >= look_interval;
  }

  /// Takes what read_secret_file() gave for path(), by a read that began or ended at `now`. The
  /// failure as for look().
  std::optional<failure> take(steady_time now, result<secret> content);

  /// The last good content, valid until the next look or take; empty while version() is 0.
  [[nodiscard]] const secret& value() const noexcept { return value_; }

  /// Grows by one with each new content; 0 where there never was a good one.
  [[nodiscard]] std::uint32_t version() const noexcept { return version_; }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  secret value_;
  std::uint32_t version_ = 0;
  std::optional<steady_time> looked_;
  std::optional<failure> trouble_;
};

/// Reads a secret file once, with the rules of secret_file. Blocks.
[[nodiscard]] result<secret> read_secret_file(const std::filesystem::path& path);

/// `content` without its one trailing newline, `\n` or `\r\n`.
[[nodiscard]] std::string_view without_newline(std::string_view content) noexcept;

}  // namespace tokensyncd
