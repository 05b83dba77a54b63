#include "tests/support/files.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <sys/stat.h>

namespace tokensyncd::tests {

void write_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  auto fresh = path;
  fresh += ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out || ::chmod(fresh.c_str(), static_cast<mode_t>(mode)) != 0)
    throw std::runtime_error("can't write " + fresh.string());
  std::filesystem::rename(fresh, path);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string read_if_there(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return in ? std::string{std::istreambuf_iterator<char>(in), {}} : std::string{};
}

}  // namespace tokensyncd::tests
