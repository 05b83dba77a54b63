#include "daemon/model/failure.hpp"

namespace tokensyncd {

std::string_view to_string(failure_kind kind) noexcept {
  switch (kind) {
    case failure_kind::cancelled:
      return "cancelled";
    case failure_kind::unreachable:
      return "unreachable";
    case failure_kind::tls:
      return "tls";
    case failure_kind::timed_out:
      return "timed_out";
    case failure_kind::cut:
      return "cut";
    case failure_kind::malformed:
      return "malformed";
    case failure_kind::too_large:
      return "too_large";
    case failure_kind::throttled:
      return "throttled";
    case failure_kind::edge_refused:
      return "edge_refused";
    case failure_kind::server_error:
      return "server_error";
    case failure_kind::bad_signature:
      return "bad_signature";
    case failure_kind::clock_skew:
      return "clock_skew";
    case failure_kind::unauthorized:
      return "unauthorized";
    case failure_kind::request_refused:
      return "request_refused";
    case failure_kind::partner_refused:
      return "partner_refused";
    case failure_kind::denied:
      return "denied";
    case failure_kind::gone:
      return "gone";
    case failure_kind::no_space:
      return "no_space";
    case failure_kind::no_permission:
      return "no_permission";
    case failure_kind::missing_place:
      return "missing_place";
    case failure_kind::wrong_place:
      return "wrong_place";
    case failure_kind::bad_login:
      return "bad_login";
    case failure_kind::conflict:
      return "conflict";
    case failure_kind::program_failed:
      return "program_failed";
    case failure_kind::incomplete:
      return "incomplete";
    case failure_kind::io_error:
      return "io_error";
    case failure_kind::damaged:
      return "damaged";
    case failure_kind::busy:
      return "busy";
    case failure_kind::invalid:
      return "invalid";
    case failure_kind::fault:
      return "fault";
  }
  return "unknown";
}

bool is_retryable(failure_kind kind) noexcept {
  switch (kind) {
    case failure_kind::unreachable:
    case failure_kind::timed_out:
    case failure_kind::cut:
    case failure_kind::throttled:
    case failure_kind::edge_refused:
    case failure_kind::server_error:
    case failure_kind::no_space:
    case failure_kind::program_failed:
    case failure_kind::incomplete:
    case failure_kind::io_error:
    case failure_kind::busy:
      return true;
    default:
      return false;
  }
}

bool concerns_whole_sink(failure_kind kind) noexcept {
  // A program is run for each place by itself, and what waits for other tokens has not failed.
  if (kind == failure_kind::program_failed || kind == failure_kind::incomplete) return false;
  return is_retryable(kind) || kind == failure_kind::bad_login || kind == failure_kind::tls;
}

}  // namespace tokensyncd
