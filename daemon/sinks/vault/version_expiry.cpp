#include "daemon/sinks/vault/version_expiry.hpp"

#include <algorithm>

#include "daemon/sinks/vault/document.hpp"

namespace tokensyncd::sinks::vault {

using std::chrono::milliseconds;

std::optional<kept_version> read_kept(const boost::json::object& version) {
  const auto created = parse_rfc3339(text_in(version, "created_time").value_or(""));
  const auto deleted = parse_rfc3339(text_in(version, "deletion_time").value_or(""));
  if (!created || !deleted || *deleted <= *created) return {};
  return kept_version{*deleted, std::chrono::floor<milliseconds>(*deleted - *created)};
}

void version_expiry::set(std::string_view place, steady_time due) {
  due_.insert_or_assign(std::string{place}, due);
}

void version_expiry::written(std::string_view place, const std::optional<kept_version>& how,
                             steady_time now) {
  if (!how) return forget(place);
  set(place, now + how->kept_for * 2 / 3);
}

void version_expiry::seen(std::string_view place, const std::optional<kept_version>& how,
                          steady_time now, wall_time wall) {
  if (!how) return forget(place);
  const auto left = std::chrono::floor<milliseconds>(how->deleted_at - wall);
  set(place, now + left - how->kept_for / 3);
}

void version_expiry::forget(std::string_view place) {
  const auto found = due_.find(place);
  if (found != due_.end()) due_.erase(found);
}

void version_expiry::forget_due(steady_time now) {
  std::erase_if(due_, [now](const auto& one) { return one.second <= now; });
}

bool version_expiry::is_due(std::string_view place, steady_time now) const {
  const auto found = due_.find(place);
  return found != due_.end() && found->second <= now;
}

steady_time version_expiry::next() const noexcept {
  const auto first = std::ranges::min_element(due_, {}, [](const auto& one) { return one.second; });
  return first == due_.end() ? steady_time::max() : first->second;
}

}  // namespace tokensyncd::sinks::vault
