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

std::string name_of(const certificate& what) {
  std::string user = what.used_by;
  std::ranges::replace(user, ':', ' ');
  return "certificate of " + user + " ";
}

}  // namespace

std::string expiry_clause(const certificate& what, wall_time now) {
  return name_of(what) + in_words(what.expires - now);
}

std::string trouble_clause(const certificate& what) {
  return name_of(what) + "cannot be used";
}

std::string trouble_sentence(const certificate& what) {
  return trouble_clause(what) + ": " + what.trouble +
         "; the one before stays in use, and the next start fails: put a certificate and its key "
         "into the files";
}

std::string expiry_sentence(const certificate& what, wall_time now) {
  return expiry_clause(what, now) + " (" + what.file + ", " + format_rfc3339(what.expires) +
         "): put a new one into its file, which is read again by itself";
}

}  // namespace tokensyncd::telemetry
