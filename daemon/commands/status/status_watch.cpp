#include "daemon/commands/status/status_watch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "daemon/commands/console/terminal.hpp"
#include "daemon/commands/status/status_table.hpp"
#include "daemon/runtime/process/output.hpp"

namespace tokensyncd::commands {

namespace {

wall_time now() {
  return std::chrono::time_point_cast<wall_time::duration>(std::chrono::system_clock::now());
}

/// Signals that end a watch as it is meant to end. Blocked from its construction on, so that none
/// comes between two waits.
class end_signals {
 public:
  end_signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  /// Waits for a second; whether one came.
  [[nodiscard]] bool came_within_a_second() const {
    constexpr timespec second{1, 0};
    return sigtimedwait(&set_, nullptr, &second) > 0;
  }

 private:
  sigset_t set_{};
};

/// The head, and as many of the worst rows as there is room for.
std::string screen(const status_report& report, const status_selection& wanted, std::size_t limit,
                   terminal::extent size) {
  const auto rows = select(report, wanted);
  const std::string head = render_head(report, now()) + '\n';
  const auto taken = static_cast<std::size_t>(std::ranges::count(head, '\n'));
  // The headings, how many more there are, and the last line, which is for the keys.
  constexpr std::size_t around = 3;
  const std::size_t room = size.rows > taken + around ? size.rows - taken - around : 1;
  const std::size_t shown = limit == 0 ? room : std::min(limit, room);
  std::string text = head + (size.columns < wide_terminal ? render_narrow_rows(rows, shown, now())
                                                          : render_rows(rows, shown, now()));
  const std::string rotations = render_rotations(report);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text + rotations, '\n'));
  if (lines < size.rows) text += rotations;
  return text + "q quits";
}

void watch_terminal(const std::function<status_report()>& ask, const status_selection& wanted,
                    std::size_t limit) {
  status_report seen = ask();
  const terminal shown;
  for (;;) {
    shown.draw(screen(seen, wanted, limit, shown.size()));
    switch (shown.wait(std::chrono::seconds{1})) {
      case terminal::event::quit:
        return;
      case terminal::event::resized:
        break;
      case terminal::event::time_passed:
        seen = ask();
        break;
    }
  }
}

void watch_lines(const std::function<status_report()>& ask, const status_selection& wanted,
                 std::size_t limit) {
  const end_signals end;
  std::string shown;
  do {
    const status_report seen = ask();
    std::string fresh = essence(seen);
    if (fresh == shown) continue;
    const std::string text = render_head(seen, now()) + '\n' +
                             render_rows(select(seen, wanted), limit, now()) +
                             render_rotations(seen);
    std::printf("%s%s", shown.empty() ? "" : "\n", text.c_str());
    flush_output();
    shown = std::move(fresh);
  } while (!end.came_within_a_second());
}

}  // namespace

void watch_status(const std::function<status_report()>& ask, const status_selection& wanted,
                  std::size_t limit) {
  if (isatty(STDOUT_FILENO) == 1) {
    watch_terminal(ask, wanted, limit);
  } else {
    watch_lines(ask, wanted, limit);
  }
}

}  // namespace tokensyncd::commands
