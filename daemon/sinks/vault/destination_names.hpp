#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/text_template.hpp"
#include "config/values.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks::vault {

/// The names of a sink's destinations, `vault:ADDRESS/v1/[NAMESPACE/]MOUNT/PATH`, and of their
/// canonical locations, which are without the address: another one may lead to the same cluster.
/// For any thread.
class destination_names {
 public:
  /// Throws std::invalid_argument for a path that the loader would have refused.
  explicit destination_names(const config::vault_sink_settings& settings);

  /// The path of a workspace's secret in the mount.
  [[nodiscard]] std::string path(const sync::target& whom) const;
  [[nodiscard]] std::string destination(const sync::target& whom) const;
  [[nodiscard]] std::string canonical_location(const sync::target& whom) const;

  /// Whether the sink reaches a destination of this name, which may be of an earlier configuration.
  [[nodiscard]] bool reaches(std::string_view destination) const;

  /// The path, and the canonical location, of a destination that the sink reaches.
  [[nodiscard]] std::string path_at(std::string_view destination) const;
  [[nodiscard]] std::string canonical_location_at(std::string_view destination) const;

 private:
  const std::string server_;  ///< up to the API's version
  const std::string mount_;   ///< with the namespace, and a `/` at the end
  const std::vector<config::template_part> path_;
};

}  // namespace tokensyncd::sinks::vault
