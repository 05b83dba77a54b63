#pragma once

#include <chrono>
#include <string>

#include "daemon/model/time.hpp"

namespace tokensyncd::telemetry {

/// A certificate that the daemon shows to others.
struct certificate {
  std::string used_by;  ///< `webhook`, or `sink:NAME`; the metric's label
  std::string file;
  wall_time expires{};    ///< the first in the file, which is the daemon's own
  std::string trouble{};  ///< why what is in its files now can't be used; empty: it can
};

/// For how long before its end a certificate is a trouble; alert TokensyncdCertificateExpiring says
/// the same.
inline constexpr std::chrono::days certificate_notice_time{14};

[[nodiscard]] inline bool is_expiring(const certificate& what, wall_time now) {
  return what.expires - now < certificate_notice_time;
}

/// `certificate of webhook expires in 13 days`: a clause for people.
[[nodiscard]] std::string expiry_clause(const certificate& what, wall_time now);

/// `certificate of webhook cannot be used`, and the same with why and what to do.
[[nodiscard]] std::string trouble_clause(const certificate& what);
[[nodiscard]] std::string trouble_sentence(const certificate& what);

/// The clause with file, time and what to do; without a stop.
[[nodiscard]] std::string expiry_sentence(const certificate& what, wall_time now);

}  // namespace tokensyncd::telemetry
