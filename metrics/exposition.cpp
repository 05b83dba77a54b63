#include "metrics/exposition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <system_error>

namespace tokensyncd::metrics {
namespace {

constexpr std::string_view counter_suffix = "_total";

/// Largest integers that a double tells apart.
constexpr double exact_integers = 9007199254740992.0;

template <class T>
void append_digits(std::string& out, T value) {
  std::array<char, 32> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void append_value(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else if (std::abs(value) < exact_integers && std::trunc(value) == value) {
    append_digits(out, static_cast<std::int64_t>(value));
  } else {
    append_digits(out, value);
  }
}

/// OpenMetrics wants `1.0` for a bucket's bound; so does text here, so that a change of the format
/// doesn't make other series.
std::string bound(double value) {
  std::string text;
  append_value(text, value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

/// In a label's value and in OpenMetrics' help, `"` is escaped too.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  if (text.find_first_of("\\\n\"") == std::string_view::npos) {
    out += text;
    return;
  }
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string_view type_name(kind type) {
  switch (type) {
    case kind::counter:
      return "counter";
    case kind::gauge:
      return "gauge";
    case kind::histogram:
      return "histogram";
  }
  return "unknown";
}

std::string_view unit_of(std::string_view family) {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (family.ends_with(unit) && family.size() > unit.size() &&
        family[family.size() - unit.size() - 1] == '_') {
      return unit;
    }
  }
  return {};
}

std::string_view without_total(std::string_view name) {
  if (name.ends_with(counter_suffix)) name.remove_suffix(counter_suffix.size());
  return name;
}

kind kind_of(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return kind::counter;
    case prometheus::MetricType::Histogram:
      return kind::histogram;
    default:
      return kind::gauge;
  }
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes the part before the next `separator` off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

/// A media range of an Accept header, as far as it matters here.
struct wanted {
  std::string_view type;
  std::string_view version;
  double weight = 1;
};

wanted parse_range(std::string_view range) {
  wanted result;
  result.type = take(range, ';');
  while (!range.empty()) {
    std::string_view parameter = take(range, ';');
    const std::string_view name = take(parameter, '=');
    const std::string_view value = trimmed(parameter);
    if (same_word(name, "version")) result.version = value;
    if (same_word(name, "q")) {
      double weight = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), weight);
      result.weight = error == std::errc{} && end == value.data() + value.size() ? weight : 0;
    }
  }
  return result;
}

}  // namespace

exposition_format negotiate(std::string_view accept) {
  double open_metrics = 0;
  std::optional<double> plain;
  double any = 0;
  while (!accept.empty()) {
    const wanted range = parse_range(take(accept, ','));
    if (same_word(range.type, "application/openmetrics-text")) {
      const bool known = range.version.empty() || range.version == "1.0.0" ||
                         range.version == "\"1.0.0\"" || range.version == "0.0.1";
      if (known) open_metrics = std::max(open_metrics, range.weight);
    } else if (same_word(range.type, "text/plain") || same_word(range.type, "text/*")) {
      plain = std::max(plain.value_or(0), range.weight);
    } else if (range.type == "*/*") {
      any = std::max(any, range.weight);
    }
  }
  const bool better = open_metrics > 0 && open_metrics >= plain.value_or(any);
  return better ? exposition_format::open_metrics : exposition_format::text;
}

std::string_view content_type(exposition_format format) noexcept {
  return format == exposition_format::open_metrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

void exposition::begin(const description& what) {
  head(what.name, what.type, what.help);
}

void exposition::sample(const description& what, std::span<const label> labels, double value) {
  line(what.name, {}, labels, value);
}

void exposition::family(const prometheus::MetricFamily& what) {
  const kind type = kind_of(what.type);
  head(what.name, type, what.help);
  for (const prometheus::ClientMetric& metric : what.metric) {
    std::vector<label> labels;
    for (const auto& each : metric.label) labels.emplace_back(each.name, each.value);
    if (type == kind::histogram) {
      histogram(what.name, std::move(labels), metric.histogram);
    } else {
      line(what.name, {}, labels,
           type == kind::counter ? metric.counter.value : metric.gauge.value);
    }
  }
}

void exposition::end() {
  if (format_ == exposition_format::open_metrics) out_ += "# EOF\n";
}

void exposition::head(std::string_view name, kind type, std::string_view help) {
  const bool open_metrics = format_ == exposition_format::open_metrics;
  const std::string_view family =
      open_metrics && type == kind::counter ? without_total(name) : name;
  out_.append("# TYPE ").append(family).append(" ").append(type_name(type)).append("\n");
  if (const std::string_view unit = unit_of(family); open_metrics && !unit.empty()) {
    out_.append("# UNIT ").append(family).append(" ").append(unit).append("\n");
  }
  out_.append("# HELP ").append(family).append(" ");
  append_escaped(out_, help, open_metrics);
  out_ += '\n';
}

void exposition::line(std::string_view name, std::string_view suffix, std::span<const label> labels,
                      double value) {
  out_.append(name).append(suffix);
  char separator = '{';
  for (const auto& [key, text] : labels) {
    out_ += separator;
    out_.append(key).append("=\"");
    append_escaped(out_, text, true);
    out_ += '"';
    separator = ',';
  }
  if (!labels.empty()) out_ += '}';
  out_ += ' ';
  append_value(out_, value);
  out_ += '\n';
}

void exposition::histogram(std::string_view name, std::vector<label> labels,
                           const prometheus::ClientMetric::Histogram& values) {
  std::string le;
  labels.emplace_back("le", "");
  bool has_infinity = false;
  for (const auto& bucket : values.bucket) {
    has_infinity = has_infinity || std::isinf(bucket.upper_bound);
    le = bound(bucket.upper_bound);
    labels.back().second = le;
    line(name, "_bucket", labels, static_cast<double>(bucket.cumulative_count));
  }
  if (!has_infinity) {
    labels.back().second = "+Inf";
    line(name, "_bucket", labels, static_cast<double>(values.sample_count));
  }
  labels.pop_back();
  line(name, "_sum", labels, values.sample_sum);
  line(name, "_count", labels, static_cast<double>(values.sample_count));
}

}  // namespace tokensyncd::metrics
