#pragma once

#include <cstddef>
#include <string>

#include "daemon/sync/ports/status.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd::telemetry {

/// How many workspaces one piece of a streamed answer holds: about a millisecond of work.
inline constexpr std::size_t workspaces_a_piece = 256;

/// One answer to /metrics, made in pieces, so that many workspaces don't hold up the loop: first
/// all that doesn't depend on them, then family by family 256 workspaces a piece.
class scrape {
 public:
  /// `most_workspaces`: with more there are no series by workspace; 0 for never. What is passed by
  /// reference must outlive it.
  scrape(const sync::status_view& view, metrics::daemon_metrics& metrics,
         metrics::exposition_format format, std::size_t most_workspaces);

  /// Replaces `piece` with the next one; false when it was the last. Not to be called after that.
  bool next(std::string& piece);

 private:
  void append_fixed(metrics::exposition& out);

  const sync::status_view& view_;
  metrics::daemon_metrics& metrics_;
  metrics::exposition_format format_;
  bool by_workspace_;
  bool fixed_done_ = false;
  std::size_t family_ = 0;
  bool family_begun_ = false;
  std::string after_;
  sync::workspace_status status_;
};

}  // namespace tokensyncd::telemetry
