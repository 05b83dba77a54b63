#include "daemon/runtime/log/log_encode.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "daemon/runtime/text.hpp"

namespace tokensyncd {
namespace {

/// Of a value in a line; ids are shorter, sentences have what they need.
constexpr std::size_t value_limit = 512;

template <class T>
void append_number(std::string& out, T value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_scalar(std::string& out, std::int64_t value) {
  append_number(out, value);
}
void append_scalar(std::string& out, std::uint64_t value) {
  append_number(out, value);
}
void append_scalar(std::string& out, bool value) {
  out += value ? "true" : "false";
}
void append_scalar(std::string& out, double value) {
  if (std::isfinite(value)) {
    append_number(out, value);
  } else {
    out += "null";
  }
}

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \"'=\\\n\r\t") != std::string_view::npos;
}

/// As `value`, or in quotes where a reader couldn't tell where it ends.
void append_text_value(std::string& out, std::string_view value) {
  if (!needs_quotes(value)) {
    append_printable(out, value, value_limit);
    return;
  }
  std::string escaped;
  for (const char c : value.substr(0, value_limit + 1)) {
    if (c == '"') escaped += '\\';
    escaped += c;
  }
  out += '"';
  append_printable(out, escaped, value_limit);
  out += '"';
}

std::string_view priority(log_level level) {
  constexpr std::array<std::string_view, 4> values{"7", "6", "4", "3"};
  return values[static_cast<std::size_t>(level)];
}

std::string_view colour(log_level level) {
  constexpr std::array<std::string_view, 4> values{"\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m"};
  return values[static_cast<std::size_t>(level)];
}

std::string_view padded(log_level level) {
  constexpr std::array<std::string_view, 4> values{"DEBUG", "INFO ", "WARN ", "ERROR"};
  return values[static_cast<std::size_t>(level)];
}

std::string_view cut(std::string_view value) {
  return value.substr(0, value_limit);
}

}  // namespace

std::string_view to_string(log_level level) noexcept {
  constexpr std::array<std::string_view, 4> values{"debug", "info", "warning", "error"};
  return values[static_cast<std::size_t>(level)];
}

std::string encode_text(const log_record& what, wall_time when, bool colours) {
  std::string line = format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(when));
  line += ' ';
  if (colours) line += colour(what.level);
  line += padded(what.level);
  if (colours) line += "\x1b[0m";
  line += ' ';
  append_printable(line, what.event, value_limit);
  line += ": ";
  append_printable(line, what.sentence);
  for (const log_field& field : what.fields) {
    line += ' ';
    line += field.name;
    line += '=';
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      append_text_value(line, *text);
    } else {
      const auto append = [&line](const auto& value) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
          append_scalar(line, value);
        }
      };
      std::visit(append, field.value);
    }
  }
  return line;
}

std::string encode_json(const log_record& what, wall_time when) {
  std::string line = R"({"time":")" + format_rfc3339(when) + R"(","level":")";
  line += to_string(what.level);
  line += R"(","event":)";
  append_json_string(line, what.event);
  line += R"(,"message":)";
  append_json_string(line, what.sentence);
  for (const log_field& field : what.fields) {
    line += ',';
    append_json_string(line, field.name);
    line += ':';
    const auto append = [&line](const auto& value) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
        append_json_string(line, cut(value));
      } else {
        append_scalar(line, value);
      }
    };
    std::visit(append, field.value);
  }
  line += '}';
  return line;
}

std::string encode_journal(const log_record& what) {
  std::string out = "MESSAGE=";
  append_printable(out, what.sentence);
  out += '\0';
  out += "PRIORITY=";
  out += priority(what.level);
  out += '\0';
  out += "SYSLOG_IDENTIFIER=tokensyncd";
  out += '\0';
  out += "TOKENSYNCD_EVENT=";
  append_printable(out, what.event);
  out += '\0';
  for (const log_field& field : what.fields) {
    out += "TOKENSYNCD_";
    for (const char c : field.name) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    out += '=';
    const auto append = [&out](const auto& value) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
        append_printable(out, value, value_limit);
      } else {
        append_scalar(out, value);
      }
    };
    std::visit(append, field.value);
    out += '\0';
  }
  return out;
}

}  // namespace tokensyncd
