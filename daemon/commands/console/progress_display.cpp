#include "daemon/commands/console/progress_display.hpp"

#include <chrono>
#include <cstddef>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

namespace tokensyncd::commands {

namespace {

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : 80;
}

progress progress_of(const sync::fleet_status& fleet) {
  return {fleet.pairs_in_sync, fleet.pairs,
          fleet.workspaces[static_cast<std::size_t>(sync::workspace_state::gone)]};
}

}  // namespace

progress_display::progress_display() : bar_(isatty(STDERR_FILENO) == 1) {}

void progress_display::show(const sync::status_view& view) {
  view_ = &view;
  draw();
}

void progress_display::changed() {
  // The fleet is counted anew for each look, which isn't free with many workspaces.
  const auto now = std::chrono::steady_clock::now();
  if (view_ != nullptr && now >= next_look_) {
    next_look_ = now + std::chrono::milliseconds{100};
    draw();
  }
}

void progress_display::finish() {
  draw();
  if (bar_) {
    std::fputc('\n', stderr);
  }
}

void progress_display::draw() {
  const auto now = progress_of(view_->fleet());
  if (bar_) {
    std::fprintf(stderr, "\r\x1b[K%s", render_bar(now, terminal_columns()).c_str());
  } else if (const auto line = render_step(shown_.value_or(progress{}), now); !line.empty()) {
    std::fprintf(stderr, "%s\n", line.c_str());
  } else if (shown_) {
    return;
  }
  shown_ = now;
}

}  // namespace tokensyncd::commands
