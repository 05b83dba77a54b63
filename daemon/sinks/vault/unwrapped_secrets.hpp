#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"

namespace tokensyncd::sinks::vault {

/// What a wrapping token gave: a secret id, or why it gave none.
struct unwrapped_secret {
  secret id;
  std::optional<failure> refused{};
};

/// Secret ids that were unwrapped, by the file that held the wrapping token. One for the whole
/// program: as a wrapping token works once, what it gave must outlive the sink that used it, when a
/// reload makes that anew or two sinks have the same file. For the loop's thread.
class unwrapped_secrets {
 public:
  /// What this wrapping token gave; null where it wasn't used by us. Valid until the next keep().
  [[nodiscard]] const unwrapped_secret* find(const std::filesystem::path& file,
                                             const secret& wrapping) const {
    const auto found = all_.find(file);
    const bool same = found != all_.end() && found->second.first.reveal() == wrapping.reveal();
    return same ? &found->second.second : nullptr;
  }

  /// Keeps what the file's newest wrapping token gave, in place of what an older one did.
  void keep(const std::filesystem::path& file, const secret& wrapping, unwrapped_secret what) {
    all_.insert_or_assign(file, std::pair{wrapping.clone(), std::move(what)});
  }

 private:
  std::map<std::filesystem::path, std::pair<secret, unwrapped_secret>> all_;
};

}  // namespace tokensyncd::sinks::vault
