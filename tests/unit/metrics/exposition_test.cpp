#include "metrics/exposition.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <prometheus/histogram.h>

namespace tokensyncd::metrics {
namespace {

constexpr description a_counter{"x_things_total", kind::counter, "what", "Things \"seen\".\\"};
constexpr description a_gauge{"x_age_seconds", kind::gauge, "", "An age."};

std::string write(exposition_format format, const description& what, const label& of,
                  double value) {
  std::string text;
  exposition out(format, text);
  out.begin(what);
  out.sample(what, {&of, 1}, value);
  out.end();
  return text;
}

TEST(exposition, writes_a_counter_under_the_name_that_each_format_wants) {
  EXPECT_EQ(write(exposition_format::text, a_counter, {"what", "a"}, 3),
            "# TYPE x_things_total counter\n"
            "# HELP x_things_total Things \"seen\".\\\\\n"
            "x_things_total{what=\"a\"} 3\n");
  EXPECT_EQ(write(exposition_format::open_metrics, a_counter, {"what", "a"}, 3),
            "# TYPE x_things counter\n"
            "# HELP x_things Things \\\"seen\\\".\\\\\n"
            "x_things_total{what=\"a\"} 3\n"
            "# EOF\n");
}

TEST(exposition, names_the_unit_in_openmetrics) {
  EXPECT_EQ(write(exposition_format::open_metrics, a_gauge, {"w", "a"}, 0.25),
            "# TYPE x_age_seconds gauge\n"
            "# UNIT x_age_seconds seconds\n"
            "# HELP x_age_seconds An age.\n"
            "x_age_seconds{w=\"a\"} 0.25\n"
            "# EOF\n");
}

TEST(exposition, no_value_of_a_label_breaks_out_of_its_quotes) {
  const std::string text = write(exposition_format::text, a_gauge, {"w", "a\"} 1\nevil{x=\"\\"}, 1);
  EXPECT_TRUE(text.ends_with("x_age_seconds{w=\"a\\\"} 1\\nevil{x=\\\"\\\\\"} 1\n")) << text;
}

TEST(exposition, writes_numbers_as_both_formats_read_them) {
  const auto value = [](double number) {
    const std::string text = write(exposition_format::text, a_gauge, {"w", "a"}, number);
    return text.substr(text.rfind(' ') + 1);
  };
  EXPECT_EQ(value(0), "0\n");
  EXPECT_EQ(value(1'763'000'000), "1763000000\n");
  EXPECT_EQ(value(1'763'000'000.25), "1763000000.25\n");
  EXPECT_EQ(value(-2), "-2\n");
  EXPECT_EQ(value(std::numeric_limits<double>::infinity()), "+Inf\n");
  EXPECT_EQ(value(std::numeric_limits<double>::quiet_NaN()), "NaN\n");
}

TEST(exposition, writes_bounds_of_buckets_alike_in_both_formats) {
  prometheus::Histogram histogram({0.5, 1});
  histogram.Observe(0.7);
  histogram.Observe(7);
  prometheus::MetricFamily family{
      "x_seconds", "Help.", prometheus::MetricType::Histogram, {histogram.Collect()}};
  family.metric[0].label = {{"sink", "a"}};
  for (const auto format : {exposition_format::text, exposition_format::open_metrics}) {
    std::string text;
    exposition(format, text).family(family);
    EXPECT_NE(text.find("x_seconds_bucket{sink=\"a\",le=\"0.5\"} 0\n"
                        "x_seconds_bucket{sink=\"a\",le=\"1.0\"} 1\n"
                        "x_seconds_bucket{sink=\"a\",le=\"+Inf\"} 2\n"
                        "x_seconds_sum{sink=\"a\"} 7.7\n"
                        "x_seconds_count{sink=\"a\"} 2\n"),
              std::string::npos)
        << text;
  }
}

struct accept_case {
  std::string accept;
  exposition_format wanted;
};

class negotiation : public testing::TestWithParam<accept_case> {};

TEST_P(negotiation, follows_the_accept_header) {
  EXPECT_EQ(negotiate(GetParam().accept), GetParam().wanted) << GetParam().accept;
}

constexpr auto text = exposition_format::text;
constexpr auto open_metrics = exposition_format::open_metrics;

INSTANTIATE_TEST_SUITE_P(
    headers, negotiation,
    testing::Values(
        accept_case{"", text}, accept_case{"*/*", text}, accept_case{"text/html,*/*;q=0.1", text},
        accept_case{"text/plain", text},
        // Prometheus 2.42, and 2.50 with what it knows beside.
        accept_case{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                    "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                    open_metrics},
        accept_case{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                    "encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,"
                    "text/plain;version=0.0.4;q=0.7,*/*;q=0.1",
                    open_metrics},
        // Prometheus 3.16, then with native histograms, with its flag openmetrics2, and with
        // scrape_protocols: [PrometheusText1.0.0].
        accept_case{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.7,"
                    "application/openmetrics-text;version=0.0.1;q=0.6,"
                    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                    "text/plain;version=0.0.4;q=0.4,*/*;q=0.3",
                    open_metrics},
        accept_case{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                    "encoding=delimited;q=0.7,"
                    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                    "application/openmetrics-text;version=0.0.1;q=0.5,"
                    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                    open_metrics},
        accept_case{"application/openmetrics-text;version=2.0.0;escaping=allow-utf-8;q=0.7,"
                    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.4",
                    open_metrics},
        accept_case{"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.7,*/*;q=0.6", text},
        accept_case{"text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5", text},
        accept_case{"Application/OpenMetrics-Text ; Version=1.0.0", open_metrics},
        accept_case{"application/openmetrics-text;version=2.0.0", text},
        accept_case{"application/openmetrics-text;q=0", text},
        accept_case{"application/openmetrics-text;q=nonsense", text},
        accept_case{",;,;;q=,=,\xff", text}));

}  // namespace
}  // namespace tokensyncd::metrics
