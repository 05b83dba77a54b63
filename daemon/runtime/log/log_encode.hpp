#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/model/time.hpp"
#include "daemon/runtime/log/log.hpp"

namespace tokensyncd {

/// A line of the log before it has a form.
struct log_record {
  log_level level = log_level::info;
  std::string_view event;
  std::string_view sentence;
  std::span<const log_field> fields;
};

/// `info`, `warning`, …
[[nodiscard]] std::string_view to_string(log_level level) noexcept;

/// One line for a terminal, without its end: `2026-11-23T22:14:05Z INFO  token.rotated: … name=x`.
/// Nothing from outside can break the line, colour it or move the cursor. `colours`: the level's.
[[nodiscard]] std::string encode_text(const log_record& what, wall_time when, bool colours);

/// One JSON object on one line, without its end: time, level, event, message, and the fields.
/// Always valid UTF-8.
[[nodiscard]] std::string encode_json(const log_record& what, wall_time when);

/// The fields for the journal, each `NAME=value` and followed by a NUL: MESSAGE, PRIORITY,
/// SYSLOG_IDENTIFIER, TOKENSYNCD_EVENT and TOKENSYNCD_<FIELD>.
[[nodiscard]] std::string encode_journal(const log_record& what);

}  // namespace tokensyncd
