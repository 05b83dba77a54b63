#include "daemon/endpoints/path.hpp"

#include <utility>

#include <boost/url/params_encoded_view.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/url_view.hpp>

namespace tokensyncd::endpoints {

std::optional<std::string> percent_decode(std::string_view text) {
  const auto checked = boost::urls::make_pct_string_view({text.data(), text.size()});
  if (!checked) return std::nullopt;
  return checked->decode();
}

std::optional<std::string> segment_after(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  if (path.empty() || path.find('/') != std::string_view::npos) return std::nullopt;
  return percent_decode(path);
}

std::optional<std::vector<query_parameter>> parse_query(std::string_view query) {
  std::vector<query_parameter> all;
  if (query.empty()) return all;
  // Not boost::urls::parse_query: in 1.81 its last value goes on behind the end of a view.
  const std::string reference = "?" + std::string(query);
  const auto parsed = boost::urls::parse_relative_ref(reference);
  if (!parsed || parsed->has_fragment()) return std::nullopt;
  for (const auto& each : parsed->encoded_params()) {
    if (!each.has_value) return std::nullopt;
    all.push_back({each.key.decode(), each.value.decode()});
  }
  return all;
}

std::optional<std::vector<std::string>> query_values(std::string_view name,
                                                     std::string_view query) {
  auto parameters = parse_query(query);
  if (!parameters) return std::nullopt;
  std::vector<std::string> values;
  for (auto& each : *parameters) {
    if (each.name != name) return std::nullopt;
    values.push_back(std::move(each.value));
  }
  return values;
}

}  // namespace tokensyncd::endpoints
