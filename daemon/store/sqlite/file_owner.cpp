#include "daemon/store/sqlite/file_owner.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/runtime/fs/owned_fd.hpp"
#include "daemon/store/sqlite/files.hpp"
#include "daemon/store/sqlite/schema.hpp"

namespace tokensyncd::store {
namespace {

constexpr std::string_view magic{"SQLite format 3\0", 16};
constexpr std::size_t at_application_id = 68;
constexpr std::size_t at_tables = 103;  ///< how many entries the schema's page has
/// SQLite's header of 100 bytes, and the beginning of the schema's page.
constexpr std::size_t first_bytes = 108;

std::uint32_t number_at(std::string_view bytes, std::size_t from, std::size_t size) {
  std::uint32_t number = 0;
  for (const char each : bytes.substr(from, size))
    number = number << 8U | static_cast<unsigned char>(each);
  return number;
}

failure foreign(const std::filesystem::path& file, std::string_view what) {
  return {failure_kind::invalid, "the file " + file.string() + " is " + std::string{what} +
                                     ", so it is not changed; set state.file to another name"};
}

}  // namespace

result<void> look_whose(const std::filesystem::path& file) {
  const owned_fd opened{
      ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  struct stat found{};
  if (!opened.is_open() || ::fstat(opened.number(), &found) != 0) return {};
  if (!S_ISREG(found.st_mode)) return {};
  std::array<char, first_bytes> buffer{};
  const ssize_t got = ::pread(opened.number(), buffer.data(), buffer.size(), 0);
  if (got <= 0) return {};

  const std::string_view bytes{buffer.data(), static_cast<std::size_t>(got)};
  if (!bytes.starts_with(magic.substr(0, bytes.size()))) {
    const bool is_zeros = bytes.find_first_not_of('\0') == std::string_view::npos;
    if (is_zeros || facts_of(file.string() + ".lock").is_there()) return {};
    return foreign(file, "not a state file of tokensyncd and not a database");
  }
  if (bytes.size() < first_bytes) return {};  // cut off
  const std::uint32_t application = number_at(bytes, at_application_id, 4);
  const bool is_empty = application == 0 && number_at(bytes, at_tables, 2) == 0;
  if (application == state_application_id || is_empty) return {};
  return foreign(file, "a database of another program");
}

}  // namespace tokensyncd::store
