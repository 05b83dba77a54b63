#include "config/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace tokensyncd::config {
namespace {

using std::chrono::milliseconds;

struct unit {
  std::string_view name;
  std::int64_t milliseconds;
};
// From the longest to the shortest: the first that divides is the shortest spelling.
constexpr std::array units{unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"m", 60'000},
                           unit{"s", 1'000}, unit{"ms", 1}};
constexpr std::int64_t longest = 3650 * units[0].milliseconds;
constexpr double highest_rate = 100'000;

struct period {
  std::string_view name;
  milliseconds length;
};
constexpr std::array periods{period{"minute", milliseconds{60'000}},
                             period{"hour", milliseconds{3'600'000}},
                             period{"day", milliseconds{86'400'000}}};

template <class Number>
std::optional<Number> whole(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool digit_first = !text.empty() && text.front() >= '0' && text.front() <= '9';
  if (error != std::errc{} || end != text.data() + text.size() || !digit_first) {
    return std::nullopt;
  }
  return value;
}

/// Digits with at most one point between them: what from_chars takes beyond that (1e9, inf) isn't
/// how people write a rate.
std::optional<double> decimal(std::string_view text) {
  double value = 0;
  const bool plain =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!plain || text.empty() || text.front() == '.' || text.back() == '.' || error != std::errc{} ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// The shortest digits that read back as the same number, without an exponent.
std::string digits(double value) {
  std::array<char, 400> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return {buffer.data(), written.ptr};
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto count = whole<std::int64_t>(text.substr(0, end));
  const auto* found = std::ranges::find(units, text.substr(end), &unit::name);
  if (!count || found == units.end() || *count > longest / found->milliseconds) {
    return std::nullopt;
  }
  return milliseconds{*count * found->milliseconds};
}

std::string format_duration(milliseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) {
    return "0s";
  }
  const auto* found = std::ranges::find_if(
      units, [&](const unit& candidate) { return count % candidate.milliseconds == 0; });
  return std::to_string(count / found->milliseconds) + std::string{found->name};
}

std::optional<double> parse_rate(std::string_view text) {
  if (text == "off") {
    return 0;
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto count = decimal(text.substr(0, slash));
  const std::string_view per = text.substr(slash + 1);
  if (!count || (per != "s" && per != "m" && per != "h")) {
    return std::nullopt;
  }
  const double rate = *count / (per == "s" ? 1 : per == "m" ? 60 : 3600);
  if (rate <= 0 || rate > highest_rate) {
    return std::nullopt;
  }
  return rate;
}

std::string format_rate(double per_second) {
  if (per_second <= 0) {
    return "off";
  }
  std::string shortest = digits(per_second) + "/s";
  for (const auto& [name, seconds] : {std::pair{"/m", 60}, std::pair{"/h", 3600}}) {
    std::string other = digits(per_second * seconds) + name;
    // Multiplied it may be off by a hair, and then it isn't the same rate.
    if (other.size() < shortest.size() && parse_rate(other) == per_second) {
      shortest = std::move(other);
    }
  }
  return shortest;
}

std::optional<std::pair<unsigned, milliseconds>> parse_count_per(std::string_view text) {
  constexpr std::string_view per = " per ";
  const std::size_t end = std::min(text.find(per), text.size());
  const auto count = whole<unsigned>(text.substr(0, end));
  if (end == text.size() || !count || *count == 0 || *count > 10'000) return std::nullopt;
  const auto* const found =
      std::ranges::find(periods, text.substr(end + per.size()), &period::name);
  if (found == periods.end()) return std::nullopt;
  return std::pair{*count, milliseconds{found->length}};
}

std::string format_count_per(unsigned count, milliseconds length) {
  const auto* const found = std::ranges::find(periods, length, &period::length);
  return std::to_string(count) + " per " +
         std::string{found == periods.end() ? "hour" : found->name};
}

std::optional<double> parse_percentage(std::string_view text) {
  if (!text.ends_with('%')) {
    return std::nullopt;
  }
  const auto value = decimal(text.substr(0, text.size() - 1));
  if (!value || *value > 100) {
    return std::nullopt;
  }
  return *value / 100;
}

std::string format_percentage(double share) {
  return format_number(share * 100) + "%";
}

std::optional<std::uint32_t> parse_mode(std::string_view text) {
  const bool shaped = text.size() == 3 || (text.size() == 4 && text.front() == '0');
  return shaped ? whole<std::uint32_t>(text, 8) : std::nullopt;
}

std::string format_mode(std::uint32_t mode) {
  std::string text(4, '0');
  for (std::size_t at = 4; at-- > 0; mode /= 8) {
    text[at] = static_cast<char>('0' + mode % 8);
  }
  return text;
}

std::string format_number(double value) {
  double scale = value >= 10 ? 10 : 100;
  // Two digits of a small number, or it would look like none.
  while (value > 0 && value * scale < 10) {
    scale *= 10;
  }
  return digits(std::round(value * scale) / scale);
}

}  // namespace tokensyncd::config
