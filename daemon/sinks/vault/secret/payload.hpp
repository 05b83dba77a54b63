#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "daemon/model/revision.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sinks/content.hpp"
#include "daemon/sinks/secret_text.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks::vault {

/// What a secret of ours holds: names and templates, and how to know it again. Does not change
/// after construction: for any thread.
class payload {
 public:
  /// Name and template of each member, sorted by name, as the loader has checked them. Throws
  /// std::invalid_argument for a template that is none.
  explicit payload(const std::vector<std::pair<std::string, std::string>>& data);

  /// The members for one revision as a JSON object, sorted by name: the canonical form.
  [[nodiscard]] secret render(const sync::target& whom, const revision& what,
                              const secret& token) const;

  /// Hash of all that the members depend on apart from the revision.
  [[nodiscard]] std::uint64_t shape(const sync::target& whom) const;

  /// The fingerprint of the member that is the token and nothing else; none where there is no such
  /// member, or it isn't a text.
  [[nodiscard]] std::optional<fingerprint> token_in(const boost::json::object& fields,
                                                    const fingerprinter& prints) const;

  /// Whether the members are exactly ours by name, and the one that is the workspace's id is
  /// `workspace`; false where no member is the id.
  [[nodiscard]] bool is_signed_for(const boost::json::object& fields,
                                   std::string_view workspace) const;

 private:
  struct member {
    std::string name;
    content value;
  };
  std::vector<member> members_;
};

/// The canonical form of members that were found; nothing where one isn't a text.
[[nodiscard]] std::optional<secret> canonical(const boost::json::object& fields);

}  // namespace tokensyncd::sinks::vault
