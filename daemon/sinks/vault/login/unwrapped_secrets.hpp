#pragma once

#include <filesystem>
#include <map>
#include <utility>

#include "daemon/model/secret.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/semaphore.hpp"
#include "daemon/runtime/clock.hpp"

namespace tokensyncd::sinks::vault {

/// Secret ids that were unwrapped, by the file that held the wrapping token. One for the whole
/// program: as a wrapping token works once, what it gave must outlive the sink that used it, when a
/// reload makes that anew or two sinks have the same file. For the loop's thread.
class unwrapped_secrets {
 public:
  /// `time` must outlive this.
  explicit unwrapped_secrets(clock& time) : one_at_a_time_(time, 1) {}

  /// The right to unwrap, so that nobody uses up what another one is about to.
  task<semaphore::permit> turn() { return one_at_a_time_.enter(); }

  /// The secret id that this wrapping token gave; null where it gave us none. Valid until the next
  /// began() or gave().
  [[nodiscard]] const secret* find(const std::filesystem::path& file,
                                   const secret& wrapping) const {
    const entry* const found = of(file, wrapping);
    return found != nullptr && !found->id.reveal().empty() ? &found->id : nullptr;
  }

  /// Whether we have sent this wrapping token before: then it may be us who used it up.
  [[nodiscard]] bool was_sent(const std::filesystem::path& file, const secret& wrapping) const {
    return of(file, wrapping) != nullptr;
  }

  /// It is about to be sent; what an older token in the same file gave is forgotten.
  void began(const std::filesystem::path& file, const secret& wrapping) {
    all_.insert_or_assign(file, entry{wrapping.clone(), {}});
  }

  /// It gave `id`.
  void gave(const std::filesystem::path& file, secret id) { all_[file].id = std::move(id); }

 private:
  struct entry {
    secret wrapping;
    secret id;
  };
  [[nodiscard]] const entry* of(const std::filesystem::path& file, const secret& wrapping) const {
    const auto found = all_.find(file);
    const bool same = found != all_.end() && found->second.wrapping.reveal() == wrapping.reveal();
    return same ? &found->second : nullptr;
  }

  std::map<std::filesystem::path, entry> all_;
  semaphore one_at_a_time_;
};

}  // namespace tokensyncd::sinks::vault
