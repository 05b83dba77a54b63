#include "daemon/sinks/vault/version_expiry.hpp"

#include <algorithm>

#include "daemon/sinks/vault/document.hpp"

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

void version_expiry::written(std::string_view place, const std::optional<kept_version>& how,
                             steady_time now) {
  if (!how) return forget(place);
  set(place, {now + how->kept_for * 2 / 3, how->kept_for});
}

void version_expiry::seen(std::string_view place, const std::optional<kept_version>& how,
                          steady_time now, wall_time wall) {
  if (!how) return forget(place);
  const auto left = std::chrono::floor<milliseconds>(how->deleted_at - wall);
  set(place, {now + left - how->kept_for / 3, how->kept_for});
}

void version_expiry::set(std::string_view place, const entry& what) {
  entries_.insert_or_assign(std::string{place}, what);
}

void version_expiry::forget(std::string_view place) {
  const auto found = entries_.find(place);
  if (found != entries_.end()) entries_.erase(found);
}

void version_expiry::looked(steady_time now) {
  last_look_ = now;
  std::erase_if(entries_, [now](const auto& one) { return one.second.due <= now; });
}

bool version_expiry::is_due(std::string_view place, steady_time now) const {
  const auto found = entries_.find(place);
  return found != entries_.end() && found->second.due <= now;
}

steady_time version_expiry::next_look() const noexcept {
  steady_time first = steady_time::max();
  for (const auto& [place, each] : entries_) {
    steady_time when = each.due;
    // Those that become due one after the other share a look, unless one of them would be deleted.
    if (last_look_)
      when = std::max(when, *last_look_ + std::min<milliseconds>(between_looks, each.kept_for / 6));
    first = std::min(first, when);
  }
  return first;
}

}  // namespace tokensyncd::sinks::vault
