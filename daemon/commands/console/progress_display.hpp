#pragma once

#include <optional>

#include "daemon/commands/console/progress.hpp"
#include "daemon/model/time.hpp"
#include "daemon/sync/ports/status.hpp"

namespace tokensyncd::commands {

/// Shows on stderr how far the engine has come: a bar on a terminal, else plain lines. For the
/// loop's thread.
class progress_display {
 public:
  progress_display();

  [[nodiscard]] bool is_bar() const noexcept { return bar_; }

  /// Begins to show `view`, which must outlive this.
  void show(const sync::status_view& view);

  /// Something happened; looked at ten times a second at most.
  void changed();

  /// Shows the last state.
  void finish();

 private:
  void draw();

  bool bar_;
  const sync::status_view* view_ = nullptr;
  std::optional<progress> shown_;
  steady_time next_look_{};
};

}  // namespace tokensyncd::commands
