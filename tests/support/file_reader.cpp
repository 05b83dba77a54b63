#include "tests/support/file_reader.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tokensyncd::tests {
namespace {

void look(sightings& at) {
  ++at.looks;
  const int opened = ::open(at.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) {
    ++at.missing;
    return;
  }
  struct stat facts{};
  ::fstat(opened, &facts);
  if ((facts.st_mode & 07777U & ~0600U) != 0) ++at.wider;
  std::array<char, 8192> bytes{};
  const auto size = ::read(opened, bytes.data(), bytes.size());
  ::close(opened);
  const std::string_view found{bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  if (at.contents.empty() || at.contents.back() != found) at.contents.emplace_back(found);
}

}  // namespace

file_reader::file_reader(const std::vector<std::filesystem::path>& files) {
  for (const auto& file : files) seen_.push_back({file});
  thread_ = std::thread([this] { read_on(); });
}

file_reader::~file_reader() {
  (void)stop();
}

std::vector<sightings> file_reader::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  return std::exchange(seen_, {});
}

void file_reader::read_on() {
  while (!stopping_) {
    for (auto& each : seen_) look(each);
    std::this_thread::yield();
  }
}

}  // namespace tokensyncd::tests
