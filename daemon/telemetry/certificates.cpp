#include "daemon/telemetry/certificates.hpp"

#include <algorithm>

namespace tokensyncd::telemetry {
namespace {

using std::chrono::days;
using std::chrono::hours;

std::string in_words(wall_time::duration left) {
  if (left < wall_time::duration::zero()) return "has expired";
  const bool in_days = left >= days{2};
  const auto count = in_days ? left / days{1} : left / hours{1};
  return "expires in " + std::to_string(count) + (in_days ? " days" : " h");
}

}  // namespace

std::string expiry_clause(const certificate& what, wall_time now) {
  std::string user = what.used_by;
  std::ranges::replace(user, ':', ' ');
  return "certificate of " + user + " " + in_words(what.expires - now);
}

std::string expiry_sentence(const certificate& what, wall_time now) {
  return expiry_clause(what, now) + " (" + what.file + ", " + format_rfc3339(what.expires) +
         "): put a new one into its file, which is read again by itself";
}

}  // namespace tokensyncd::telemetry
