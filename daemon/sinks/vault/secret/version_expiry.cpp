#include "daemon/sinks/vault/secret/version_expiry.hpp"

#include <algorithm>

#include "daemon/sinks/vault/secret/document.hpp"

namespace tokensyncd::sinks::vault {

using std::chrono::milliseconds;

namespace {

constexpr std::chrono::seconds between_looks{10};

}  // namespace

std::optional<kept_version> read_kept(const boost::json::object& version) {
  const auto created = parse_rfc3339(text_in(version, "created_time").value_or(""));
  const auto deleted = parse_rfc3339(text_in(version, "deletion_time").value_or(""));
  if (!created || !deleted || *deleted <= *created) return {};
  return kept_version{*deleted, std::chrono::floor<milliseconds>(*deleted - *created)};
}

void version_expiry::written(std::string_view destination, const std::optional<kept_version>& how,
                             steady_time now) {
  if (!how) return forget(destination);
  set(destination, now + how->kept_for * 2 / 3, how->kept_for);
}

void version_expiry::seen(std::string_view destination, const std::optional<kept_version>& how,
                          steady_time now, wall_time wall) {
  if (!how) return forget(destination);
  const auto left = std::chrono::floor<milliseconds>(how->deleted_at - wall);
  set(destination, now + left - how->kept_for / 3, how->kept_for);
}

void version_expiry::set(std::string_view destination, steady_time due, milliseconds kept_for) {
  shortest_ = due_.empty() ? kept_for : std::min(shortest_, kept_for);
  const auto [known, is_new] = due_.try_emplace(std::string{destination}, due);
  if (!is_new) first_due_.erase({known->second, known->first});
  known->second = due;
  first_due_.emplace(due, known->first);
}

void version_expiry::forget(std::string_view destination) {
  const auto found = due_.find(destination);
  if (found == due_.end()) return;
  first_due_.erase({found->second, found->first});
  due_.erase(found);
}

void version_expiry::looked(steady_time now) {
  last_look_ = now;
  while (!first_due_.empty() && first_due_.begin()->first <= now)
    due_.erase(due_.find(first_due_.extract(first_due_.begin()).value().second));
}

bool version_expiry::is_due(std::string_view destination, steady_time now) const {
  const auto found = due_.find(destination);
  return found != due_.end() && found->second <= now;
}

steady_time version_expiry::next_look() const noexcept {
  if (first_due_.empty()) return steady_time::max();
  const steady_time due = first_due_.begin()->first;
  // Those that become due one after the other share a look, unless one of them would be deleted.
  return last_look_
             ? std::max(due, *last_look_ + std::min<milliseconds>(between_looks, shortest_ / 6))
             : due;
}

}  // namespace tokensyncd::sinks::vault
