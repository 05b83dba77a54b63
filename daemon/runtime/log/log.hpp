#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include <sys/types.h>
#include <unistd.h>

namespace tokensyncd {

/// error: someone must act. warning: it is being tried again. info: the state changed. debug: flow.
enum class log_level : std::uint8_t { debug, info, warning, error };

/// text: for a terminal. json: an object a line. journal: systemd's, with the fields kept.
/// automatic: see choose_log_format().
enum class log_format : std::uint8_t { automatic, text, json, journal };

/// A named fact of a line. Views must live until the call returns. Never a secret.
struct log_field {
  using value_type = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  std::string_view name;  ///< snake_case
  value_type value;

  template <class T>
  log_field(std::string_view field_name, const T& field_value)
      : name(field_name), value(convert(field_value)) {}

 private:
  template <class T>
  static value_type convert(const T& from) {
    if constexpr (std::same_as<T, bool>) {
      return from;
    } else if constexpr (std::signed_integral<T>) {
      return std::int64_t{from};
    } else if constexpr (std::unsigned_integral<T>) {
      return std::uint64_t{from};
    } else if constexpr (std::floating_point<T>) {
      return double{from};
    } else {
      return std::string_view{from};
    }
  }
};

using log_fields = std::initializer_list<log_field>;

struct log_options {
  log_level level = log_level::info;
  log_format format = log_format::automatic;
  int descriptor = STDERR_FILENO;  ///< where text and json go; must stay open
  std::size_t queue_lines = 1024;  ///< that wait for a slow reader; then the oldest is dropped
  bool clears_line = false;  ///< on a terminal: a progress bar is on the line, to be drawn anew
};

/// What `automatic` means: text on a terminal; the journal where `descriptor` is the stream that
/// JOURNAL_STREAM (see systemd.exec(5); null: not set) names; else json.
[[nodiscard]] log_format choose_log_format(int descriptor, const char* journal_stream);

/// The daemon's log: a line is a level, the name of an event, a short sentence, and fields.
///
/// A line is written by a thread of its own, so a full pipe or a hung journal stops nobody: past
/// `queue_lines` the oldest is dropped, and a line `log.dropped` says how many. Nothing here throws
/// or blocks. From any thread. The destructor writes what waits, for a second at most.
class logger {
 public:
  explicit logger(log_options options);
  ~logger();
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;

  /// `event`: a name like `token.rotated`. `sentence`: for people, starts with a capital letter,
  /// ends with a full stop.
  void write(log_level level, std::string_view event, std::string_view sentence,
             log_fields fields = {}) noexcept;

  void debug(std::string_view event, std::string_view sentence, log_fields fields = {}) noexcept {
    write(log_level::debug, event, sentence, fields);
  }
  void info(std::string_view event, std::string_view sentence, log_fields fields = {}) noexcept {
    write(log_level::info, event, sentence, fields);
  }
  void warning(std::string_view event, std::string_view sentence, log_fields fields = {}) noexcept {
    write(log_level::warning, event, sentence, fields);
  }
  void error(std::string_view event, std::string_view sentence, log_fields fields = {}) noexcept {
    write(log_level::error, event, sentence, fields);
  }

  /// Whether a line of this level would be written; for fields that are dear to make.
  [[nodiscard]] bool enabled(log_level level) const noexcept;

  /// Takes effect with the next line, like set_format().
  void set_level(log_level level) noexcept;

  void set_format(log_format format) noexcept;

  /// The format in use; never `automatic`.
  [[nodiscard]] log_format format() const noexcept;

 private:
  class writer;
  std::unique_ptr<writer> writer_;
};

}  // namespace tokensyncd
