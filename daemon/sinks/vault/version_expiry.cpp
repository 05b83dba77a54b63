#include "daemon/sinks/vault/version_expiry.hpp"

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
  const auto [known, is_new] = due_.try_emplace(std::string{place}, due);
  if (!is_new) first_due_.erase({known->second, known->first});
  known->second = due;
  first_due_.emplace(due, known->first);
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
  if (found == due_.end()) return;
  first_due_.erase({found->second, found->first});
  due_.erase(found);
}

void version_expiry::forget_due(steady_time now) {
  while (next() <= now) forget(first_due_.begin()->second);
}

bool version_expiry::is_due(std::string_view place, steady_time now) const {
  const auto found = due_.find(place);
  return found != due_.end() && found->second <= now;
}

steady_time version_expiry::next() const noexcept {
  return first_due_.empty() ? steady_time::max() : first_due_.begin()->first;
}

}  // namespace tokensyncd::sinks::vault
