#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

#include "metrics/catalog.hpp"

namespace tokensyncd::metrics {

/// Prometheus text 0.0.4, or OpenMetrics 1.0.0.
enum class exposition_format : std::uint8_t { text, open_metrics };

/// Which one a scraper wants more, by its Accept header (RFC 9110, 12.5.1); text where it doesn't
/// say, or wants something else.
[[nodiscard]] exposition_format negotiate(std::string_view accept);

/// The Content-Type of an exposition.
[[nodiscard]] std::string_view content_type(exposition_format format) noexcept;

/// A label of a sample: name and value. The value may be anything; it is escaped.
using label = std::pair<std::string_view, std::string_view>;

/// Writes families one after the other, in either format, at the end of `out`, which must outlive
/// it. prometheus-cpp has only the text format, and only for whole families in memory.
class exposition {
 public:
  exposition(exposition_format format, std::string& out) : format_(format), out_(out) {}

  /// Begins a family; all its samples follow before the next begins.
  void begin(const description& what);

  /// One sample of a counter or gauge.
  void sample(const description& what, std::span<const label> labels, double value);

  /// A whole family out of a registry.
  void family(const prometheus::MetricFamily& what);

  /// After the last family.
  void end();

 private:
  void head(std::string_view name, kind type, std::string_view help);
  void line(std::string_view name, std::string_view suffix, std::span<const label> labels,
            double value);
  void histogram(std::string_view name, std::vector<label> labels,
                 const prometheus::ClientMetric::Histogram& values);

  exposition_format format_;
  std::string& out_;
};

}  // namespace tokensyncd::metrics
