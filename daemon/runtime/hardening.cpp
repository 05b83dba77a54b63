#include "daemon/runtime/hardening.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace tokensyncd {

void harden_process() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) {
    throw std::system_error(errno, std::system_category(), "can't forbid core dumps");
  }
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    throw std::system_error(errno, std::system_category(), "can't make the process undumpable");
  }
  umask(077);
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) {
    throw std::system_error(errno, std::system_category(), "can't ignore SIGPIPE");
  }
}

}  // namespace tokensyncd
