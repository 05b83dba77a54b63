#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/sinks/vault/server/refusal.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// What a node says of itself (`sys/health`, whatever the status of that answer).
struct health {
  bool is_active = false;  ///< initialised, unsealed, and no standby of any kind
  bool is_sealed = false;
  std::string cluster;  ///< its id; empty where it isn't told
};

/// None where it isn't the answer of a server of Vault.
[[nodiscard]] std::optional<health> read_health(const reply& from);

/// The newest state of the cluster that an answer has told of: `X-Vault-Index` of OpenBao 2.7 and
/// later. Sent with each call, it keeps a standby from answering out of an older copy. An index is
/// base64 of a JSON object with `cluster` and `value`; one that can't be read is sent back as it
/// is. Of several answers that cross each other the newest counts. For the loop's thread.
class state_index {
 public:
  void learn(std::string_view header);

  /// What to send; empty: nothing.
  [[nodiscard]] const std::string& header() const noexcept { return header_; }

 private:
  std::string header_;
  std::string cluster_;
  std::uint64_t value_ = 0;
};

/// Notices that what is recorded may be gone: the cluster is another one than before, or its node
/// was sealed or out of reach and is back, perhaps with older data. For the loop's thread.
class cluster_watch {
 public:
  /// A call has met trouble: no node could be reached, or one was sealed.
  void met(cause why) noexcept;

  /// What the node that is asked says now; none where it doesn't answer. Whether everything should
  /// be looked at.
  [[nodiscard]] bool saw(const std::optional<health>& now);

 private:
  std::string cluster_;
  bool was_out_ = false;
};

}  // namespace tokensyncd::sinks::vault
