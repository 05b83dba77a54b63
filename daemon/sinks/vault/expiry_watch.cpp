#include "daemon/sinks/vault/expiry_watch.hpp"

#include <utility>

namespace tokensyncd::sinks::vault {

expiry_watch::expiry_watch(clock& time, std::function<void(const kept_version&)> on_first,
                           std::function<void()> on_due)
    : time_(time),
      on_first_(std::move(on_first)),
      on_due_(std::move(on_due)),
      alarm_(time.make_sleeper()) {}

void expiry_watch::written(std::string_view destination, const std::optional<kept_version>& how) {
  expiry_.written(destination, how, time_.now());
  note(how);
}

void expiry_watch::seen(std::string_view destination, const std::optional<kept_version>& how) {
  expiry_.seen(destination, how, time_.now(), time_.wall());
  note(how);
}

void expiry_watch::note(const std::optional<kept_version>& how) {
  if (!how) return;
  alarm_->wake();
  if (had_one_) return;
  had_one_ = true;
  on_first_(*how);
}

task<> expiry_watch::watch() {
  for (;;) {
    const steady_time next = expiry_.next_look();
    if (time_.now() < next) {
      co_await alarm_->sleep_until(next);
      continue;
    }
    // A look finds those that are due, and they are delivered as if they were gone.
    expiry_.looked(time_.now());
    on_due_();
  }
}

}  // namespace tokensyncd::sinks::vault
