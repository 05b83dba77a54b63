#include "tests/sandbox/journal.hpp"

#include <algorithm>

namespace tokensyncd::sandbox {

std::string_view to_string(endpoint what) {
  switch (what) {
    case endpoint::token:
      return "token";
    case endpoint::details:
      return "details";
    case endpoint::public_api:
      return "public";
    case endpoint::other:
      return "other";
  }
  return "other";
}

void journal::connection_opened() {
  ++accepted_;
  peak_open_ = std::max(peak_open_, ++open_);
}

void journal::request_begun() {
  ++requests_;
  peak_in_flight_ = std::max(peak_in_flight_, ++in_flight_);
}

void journal::head_seen(std::string_view head) {
  if (most_heads_ == 0) return;
  if (heads_.size() == most_heads_) heads_.pop_front();
  heads_.emplace_back(head);
}

void journal::answered(entry what) {
  std::string key;
  key.append(what.method == 'G' ? "GET " : what.method == 'P' ? "POST " : "other ");
  key.append(to_string(what.what)).append(" ").append(std::to_string(what.status));
  ++answers_[std::move(key)];
  if (log_.size() < most_entries_) log_.push_back(what);
}

void journal::forget() {
  const auto open = open_;
  const auto in_flight = in_flight_;
  *this = journal(most_entries_, most_heads_);
  open_ = peak_open_ = open;
  in_flight_ = peak_in_flight_ = in_flight;
}

boost::json::object journal::counters() const {
  boost::json::object answers;
  for (const auto& [key, count] : answers_) answers[key] = count;
  return {{"requests", requests_},
          {"bad_requests", bad_requests_},
          {"answers", std::move(answers)},
          {"created_by_get", created_by_get_},
          {"rotated_by_post", rotated_by_post_},
          {"in_flight", in_flight_},
          {"peak_in_flight", peak_in_flight_},
          {"connections_accepted", accepted_},
          {"connections_open", open_},
          {"peak_connections_open", peak_open_},
          {"handshakes_full", full_},
          {"handshakes_resumed", resumed_},
          {"handshakes_failed", failed_}};
}

}  // namespace tokensyncd::sandbox
