#include "daemon/commands/console/terminal.hpp"

#include <cstdio>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "daemon/commands/console/table.hpp"
#include "daemon/runtime/process/output.hpp"

namespace tokensyncd::commands {

namespace {

constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l";  // the alternate screen, no cursor
constexpr std::string_view leave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view top_left = "\x1b[H";
constexpr std::string_view rest_of_line = "\x1b[K";
constexpr std::string_view rest_of_screen = "\x1b[J";

void write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

sigset_t ends_and_resizes() {
  sigset_t all{};
  sigemptyset(&all);
  for (const int one : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&all, one);
  return all;
}

/// Whether a key was pressed that quits; the end of the input is none.
bool read_quit() {
  char key = 0;
  return read(STDIN_FILENO, &key, 1) == 1 && (key == 'q' || key == 'Q');
}

/// Zeros where standard output is no terminal, or doesn't say.
winsize window_of_output() {
  winsize found{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) == 0 ? found : winsize{};
}

}  // namespace

terminal::terminal() {
  const sigset_t all = ends_and_resizes();
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  signals_ = owned_fd{signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK)};
  has_keys_ = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before_) == 0;
  if (has_keys_) {
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    keys.c_cc[VSUSP] = _POSIX_VDISABLE;  // a stop would leave the terminal as it is now
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
  }
  write(enter);
  std::fflush(stdout);
}

terminal::~terminal() {
  write(leave);
  std::fflush(stdout);
  if (has_keys_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

std::optional<std::size_t> columns_of_output() {
  const winsize found = window_of_output();
  return found.ws_col == 0 ? std::nullopt : std::optional<std::size_t>{found.ws_col};
}

terminal::extent terminal::size() const {
  const winsize found = window_of_output();
  if (found.ws_row == 0 || found.ws_col == 0) return {};
  return {found.ws_row, found.ws_col};
}

void terminal::draw(std::string_view text) const {
  const extent room = size();
  std::string frame{top_left};
  const std::string shown = cut_to(text, room.rows, room.columns);
  for (std::size_t begin = 0; begin < shown.size();) {
    const std::size_t end = shown.find('\n', begin);
    frame.append(shown, begin, end - begin).append(rest_of_line);
    if (end == std::string::npos) break;
    // No line break behind the last line, which would scroll the first one away.
    if (end + 1 < shown.size()) frame += "\r\n";
    begin = end + 1;
  }
  write(frame.append(rest_of_screen));
  flush_output();
}

terminal::event terminal::wait(std::chrono::milliseconds limit) const {
  pollfd watched[] = {{signals_.number(), POLLIN, 0}, {has_keys_ ? STDIN_FILENO : -1, POLLIN, 0}};
  if (poll(watched, 2, static_cast<int>(limit.count())) <= 0) return event::time_passed;
  if ((watched[1].revents & POLLIN) != 0 && read_quit()) return event::quit;
  if ((watched[1].revents & (POLLHUP | POLLERR)) != 0) return event::quit;
  signalfd_siginfo came{};
  if (::read(signals_.number(), &came, sizeof came) != sizeof came) return event::time_passed;
  return came.ssi_signo == SIGWINCH ? event::resized : event::quit;
}

}  // namespace tokensyncd::commands
