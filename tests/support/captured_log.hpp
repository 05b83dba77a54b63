#pragma once

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/runtime/log/log.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {

/// A real log into a file; text() ends it and returns what it wrote.
class captured_log {
 public:
  explicit captured_log(log_level level = log_level::info, log_format format = log_format::json)
      : descriptor_(
            ::open((home_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        log_(std::in_place, log_options{level, format, descriptor_, 16'384}) {}
  ~captured_log() {
    log_.reset();
    ::close(descriptor_);
  }
  captured_log(const captured_log&) = delete;
  captured_log& operator=(const captured_log&) = delete;

  logger& get() { return *log_; }

  std::string text() {
    log_.reset();
    std::ifstream file(home_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  temporary_directory home_;
  int descriptor_;
  std::optional<logger> log_;
};

}  // namespace tokensyncd::tests
