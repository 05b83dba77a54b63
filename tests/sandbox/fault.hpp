#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "tests/sandbox/reply.hpp"

namespace tokensyncd::sandbox {

/// One misbehaviour on demand: for whom, how often, and what. Names and meanings are those of
/// `tokensyncd-sandbox --help`.
struct fault {
  std::uint64_t id = 0;
  std::optional<std::string> workspace;
  std::optional<std::string> prefix;
  std::string method;                  ///< empty: any
  std::string endpoint = "token";      ///< token | details | public | any
  std::uint64_t skip = 0;              ///< so many requests pass first
  std::optional<std::uint64_t> times;  ///< absent: until cleared
  std::uint64_t hits = 0;

  std::optional<unsigned> status;
  std::string shape = "partner";
  std::string error;
  std::string description;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> body;
  std::string raw;
  boost::json::object fields;  ///< of the answer's object, replaced or added
  std::vector<std::string> omit;
  std::string malformed;
  std::uint64_t huge_body = 0;    ///< bytes of white space after the body
  std::uint64_t huge_header = 0;  ///< bytes of one header's value
  std::uint64_t header_count = 0;
  std::uint64_t early_hints = 0;  ///< number of 103 answers before it
  bool stale = false;             ///< the token before the current one
  std::int64_t clock_offset_s = 0;
  framing end = framing::length;
  holding hold = holding::none;
  std::int64_t delay_ms = 0;
  std::int64_t drip_us = -1;
  cut cut_at = cut::none;
  closing close = closing::as_asked;
  /// Whether the operation is carried out (JWT checked, token created or rotated). Unless it is
  /// said: not where the fault has an answer of its own (status, body, raw).
  std::optional<bool> performs;

  [[nodiscard]] bool is_performed() const;
};

/// Reads one. Throws std::invalid_argument with a sentence for an unknown name or value.
[[nodiscard]] fault parse_fault(const boost::json::object& from);

/// The faults in force, in the order in which they were asked for: the first that fits is it.
class fault_list {
 public:
  /// Its id.
  std::uint64_t add(fault what);
  void clear() { all_.clear(); }
  bool remove(std::uint64_t id);

  /// What this request meets, counted; none where nothing. A copy, as it outlives a clear() while
  /// its answer is held.
  [[nodiscard]] std::optional<fault> meet(std::string_view workspace, std::string_view method,
                                          std::string_view endpoint);

  /// Ids and hits.
  [[nodiscard]] boost::json::array to_json() const;

 private:
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, fault> all_;
};

/// Changes an answer in the ways of `by` (that have a meaning for it).
void spoil(reply& answer, const fault& by);

}  // namespace tokensyncd::sandbox
