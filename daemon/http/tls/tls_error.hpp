#pragma once

#include <stdexcept>
#include <string>

#include <openssl/err.h>

namespace tokensyncd::http {

/// Throws std::runtime_error of `what` and empties this thread's queue of OpenSSL's errors, so that
/// none of them is taken for that of a later call (man 3 ERR_clear_error).
[[noreturn]] inline void throw_tls_error(const std::string& what) {
  ERR_clear_error();
  throw std::runtime_error(what);
}

}  // namespace tokensyncd::http
