#include "metrics/process.hpp"

#include <array>
#include <ctime>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tokensyncd::metrics {
namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// /proc/self/stat, which the kernel gives in one piece; empty where it can't be read.
std::string own_stat() {
  const int descriptor = ::open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  std::array<char, 4096> buffer;
  const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
  ::close(descriptor);
  return {buffer.data(), static_cast<std::size_t>(size < 0 ? 0 : size)};
}

double count_descriptors() {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  double count = 0;
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count - 3;  // ".", "..", and the descriptor of the look itself
}

double descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<double>::infinity()
                                         : static_cast<double>(limit.rlim_cur);
}

/// The kernel counts from boot (proc(5), starttime). Once, or an adjusted clock would move it.
double start_time(double ticks_since_boot, double ticks_per_second) {
  static const double moment =
      seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + ticks_since_boot / ticks_per_second;
  return moment;
}

}  // namespace

std::optional<process_numbers> read_process() {
  const std::string text = own_stat();
  // The name in parentheses may hold anything; the fields after it are numbered from 3.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  const auto field = [&fields](std::size_t number) { return std::stod(fields[number - 3]); };
  if (fields.size() < 22) return std::nullopt;

  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  process_numbers numbers;
  numbers.cpu_seconds = (field(14) + field(15)) / ticks;
  numbers.virtual_bytes = field(23);
  numbers.resident_bytes = field(24) * page;
  numbers.start_time = start_time(field(22), ticks);
  numbers.open_descriptors = count_descriptors();
  numbers.descriptor_limit = descriptor_limit();
  return numbers;
}

void append_process(exposition& out, const process_numbers& numbers) {
  const auto write = [&out](const description& what, double value) {
    out.begin(what);
    out.sample(what, {}, value);
  };
  write(catalog::process_cpu, numbers.cpu_seconds);
  write(catalog::process_resident, numbers.resident_bytes);
  write(catalog::process_virtual, numbers.virtual_bytes);
  write(catalog::process_fds, numbers.open_descriptors);
  write(catalog::process_max_fds, numbers.descriptor_limit);
  write(catalog::process_start, numbers.start_time);
}

}  // namespace tokensyncd::metrics
