#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokensyncd::endpoints {

/// Undoes percent-encoding (RFC 3986, 2.1); none where a `%` isn't followed by two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// What follows `prefix` in `path`, decoded; none where `path` is something else, where nothing
/// follows, or where what follows isn't one segment.
[[nodiscard]] std::optional<std::string> segment_after(std::string_view prefix,
                                                       std::string_view path);

struct query_parameter {
  std::string name;
  std::string value;
};

/// The parameters of a query (RFC 3986, 3.4) like `a=1&b=2`, decoded, in their order; none where it
/// is malformed or a parameter has no value.
[[nodiscard]] std::optional<std::vector<query_parameter>> parse_query(std::string_view query);

/// The values of `name` in a query like `workspace=a&workspace=b`, decoded; none where the query
/// holds another name or can't be decoded.
[[nodiscard]] std::optional<std::vector<std::string>> query_values(std::string_view name,
                                                                   std::string_view query);

}  // namespace tokensyncd::endpoints
