#pragma once

#include <stdexcept>

#include <boost/assert/source_location.hpp>

#include "daemon/model/failure.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd::telemetry {

/// A configuration that wasn't taken.
struct refused_reload {
  metrics::refusal_reason reason = metrics::refusal_reason::invalid;
  failure why;
};

/// Called by `result::value()` of a refused reload; reaching it is a bug of the caller's.
[[noreturn]] inline void throw_exception_from_error(const refused_reload& refused,
                                                    const boost::source_location&) {
  throw std::runtime_error(refused.why.sentence);
}

}  // namespace tokensyncd::telemetry
