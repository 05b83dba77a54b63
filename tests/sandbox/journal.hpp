#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace tokensyncd::sandbox {

/// What a request asked for.
enum class endpoint : std::uint8_t { token, details, public_api, other };

/// One request, 16 bytes, so that millions can be kept.
struct entry {
  std::int64_t at_ns = 0;      ///< CLOCK_MONOTONIC, when its last byte was there
  std::uint32_t place = none;  ///< of the workspace in the book
  std::uint16_t status = 0;    ///< of the answer; 0: none was made
  endpoint what = endpoint::other;
  char method = '?';  ///< first letter

  static constexpr std::uint32_t none = 0xFFFFFFFF;
};

/// What happened: a log of requests, and counters.
class journal {
 public:
  /// Keeps `entries` requests at most (the counters count on), and the heads of the last `heads`.
  journal(std::size_t entries, std::size_t heads) : most_entries_(entries), most_heads_(heads) {}

  void connection_opened();
  void connection_closed() { --open_; }
  void handshake_done(bool resumed) { ++(resumed ? resumed_ : full_); }
  void handshake_failed() { ++failed_; }
  void request_bad() { ++bad_requests_; }
  void request_begun();
  void request_ended() { --in_flight_; }
  void token_created() { ++created_by_get_; }
  void token_rotated() { ++rotated_by_post_; }
  void head_seen(std::string_view head);
  void answered(entry what);

  /// Counters begin at 0 again, log and heads are empty; open connections stay counted.
  void forget();

  [[nodiscard]] boost::json::object counters() const;
  [[nodiscard]] const std::vector<entry>& log() const { return log_; }
  [[nodiscard]] const std::deque<std::string>& heads() const { return heads_; }

 private:
  std::size_t most_entries_;
  std::size_t most_heads_;
  std::vector<entry> log_;
  std::deque<std::string> heads_;
  std::map<std::string, std::uint64_t, std::less<>> answers_;  ///< "GET token 200" and how many
  std::uint64_t requests_ = 0;
  std::uint64_t bad_requests_ = 0;
  std::uint64_t created_by_get_ = 0;
  std::uint64_t rotated_by_post_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t peak_in_flight_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t open_ = 0;
  std::uint64_t peak_open_ = 0;
  std::uint64_t full_ = 0;
  std::uint64_t resumed_ = 0;
  std::uint64_t failed_ = 0;
};

[[nodiscard]] std::string_view to_string(endpoint what);

}  // namespace tokensyncd::sandbox
