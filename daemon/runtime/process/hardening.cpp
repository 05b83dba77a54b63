#include "daemon/runtime/process/hardening.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace tokensyncd {

namespace {

sigset_t signals_that_ask_for_work() noexcept {
  sigset_t found;
  sigemptyset(&found);
  sigaddset(&found, SIGHUP);
  sigaddset(&found, SIGUSR1);
  return found;
}

bool hang_ups_were_ignored = false;

}  // namespace

bool began_with_hang_ups_ignored() noexcept {
  return hang_ups_were_ignored;
}

void reset_inherited_signals() noexcept {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction found{};
    // Handlers that are there already are a sanitizer's; exec leaves none of others.
    if (::sigaction(number, nullptr, &found) != 0 || found.sa_handler != SIG_IGN) continue;
    if (number == SIGHUP) hang_ups_were_ignored = true;
    std::signal(number, SIG_DFL);
  }
  const sigset_t requests = signals_that_ask_for_work();
  ::pthread_sigmask(SIG_SETMASK, &requests, nullptr);
}

void release_requests() noexcept {
  const sigset_t requests = signals_that_ask_for_work();
  ::pthread_sigmask(SIG_UNBLOCK, &requests, nullptr);
}

void harden_process() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) {
    throw std::system_error(errno, std::system_category(), "cannot forbid core dumps");
  }
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    throw std::system_error(errno, std::system_category(), "cannot make the process undumpable");
  }
  umask(077);
  for (const int number : {SIGPIPE, SIGXFSZ}) {
    if (std::signal(number, SIG_IGN) == SIG_ERR) {
      throw std::system_error(errno, std::system_category(), "cannot ignore SIGPIPE and SIGXFSZ");
    }
  }
}

}  // namespace tokensyncd
