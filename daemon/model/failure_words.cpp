#include "daemon/model/failure_words.hpp"

#include <string>

namespace tokensyncd {

std::string_view in_words(failure_kind kind) noexcept {
  switch (kind) {
    case failure_kind::cancelled:
      return "interrupted";
    case failure_kind::unreachable:
      return "unreachable";
    case failure_kind::tls:
      return "no trusted TLS";
    case failure_kind::timed_out:
      return "no answer in time";
    case failure_kind::cut:
      return "connection broke";
    case failure_kind::malformed:
    case failure_kind::too_large:
      return "unusable answer";
    case failure_kind::throttled:
    case failure_kind::edge_refused:
      return "throttled";
    case failure_kind::server_error:
      return "server error";
    case failure_kind::bad_signature:
    case failure_kind::unauthorized:
    case failure_kind::partner_refused:
    case failure_kind::request_refused:
    case failure_kind::denied:
      return "access refused";
    case failure_kind::clock_skew:
      return "clock wrong";
    case failure_kind::gone:
      return "not found";
    case failure_kind::no_space:
      return "disk full";
    case failure_kind::no_permission:
      return "no permission";
    case failure_kind::missing_place:
      return "place missing";
    case failure_kind::wrong_place:
      return "unsafe place";
    case failure_kind::bad_login:
      return "login refused";
    case failure_kind::conflict:
      return "written by others";
    case failure_kind::program_failed:
      return "program failed";
    case failure_kind::incomplete:
      return "waits for other tokens";
    case failure_kind::io_error:
      return "I/O error";
    case failure_kind::damaged:
      return "damaged file";
    case failure_kind::busy:
      return "busy";
    case failure_kind::invalid:
      return "invalid";
    case failure_kind::fault:
      return "internal error";
  }
  return "failed";
}

std::string_view as_api_clause(failure_kind kind) noexcept {
  switch (kind) {
    case failure_kind::unreachable:
      return "API unreachable";
    case failure_kind::tls:
      return "TLS to the API fails";
    case failure_kind::timed_out:
      return "API does not answer in time";
    case failure_kind::cut:
      return "API breaks connections off";
    case failure_kind::malformed:
    case failure_kind::too_large:
    case failure_kind::invalid:
      return "API gives unusable answers";
    case failure_kind::throttled:
      return "API throttles all calls";
    case failure_kind::edge_refused:
      return "API's proxy or CDN refuses all calls";
    case failure_kind::server_error:
      return "API answers with server errors";
    case failure_kind::bad_signature:
      return "API refuses the Partner Secret";
    case failure_kind::clock_skew:
      return "API refuses this machine's clock";
    case failure_kind::unauthorized:
      return "API refuses the credentials";
    case failure_kind::partner_refused:
      return "API refuses the partner";
    case failure_kind::request_refused:
      return "API refuses the form of the requests";
    default:
      return "API fails";
  }
}

std::string_view without_workspace(std::string_view sentence, std::string_view name) {
  const std::string own = "workspace " + std::string{name} + ": ";
  if (sentence.starts_with(own)) sentence.remove_prefix(own.size());
  return sentence;
}

}  // namespace tokensyncd
