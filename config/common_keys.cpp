#include "config/common_keys.hpp"

#include <array>
#include <utility>

#include "config/addresses.hpp"
#include "config/file_checks.hpp"

namespace tokensyncd::config {
namespace {

/// A path as people are shown it: as it is written where a variable completed it, which may hold
/// what the file should.
std::string shown(const node& value, const std::filesystem::path& file) {
  if (value.text.find("${") == std::string::npos) return file.string();
  return value.text + " (the name of a file, not what is in it)";
}

void read_file_key(const section& in, std::string_view key, std::filesystem::path& target,
                   std::string (*trouble_with)(const std::filesystem::path&)) {
  if (auto file = in.path(key)) {
    const std::string trouble = trouble_with(*file);
    if (trouble.empty()) {
      target = *std::move(file);
    } else {
      in.error(*in.find(key), key, "names " + shown(*in.find(key), *file) + ", which " + trouble);
    }
  }
}

}  // namespace

void read_secret_file(const section& in, std::string_view key, std::filesystem::path& target) {
  read_file_key(in, key, target, secret_file_trouble);
}

void read_input_file(const section& in, std::string_view key, std::filesystem::path& target) {
  read_file_key(in, key, target, input_file_trouble);
}

void read_server_name(const section& in, std::string& target) {
  if (auto name = in.text("server_name")) {
    if (is_host(*name)) {
      target = *std::move(name);
    } else {
      in.error(*in.find("server_name"), "server_name", "is no valid host name");
    }
  }
}

void read_min_version(const section& in, std::string& target) {
  static constexpr std::array versions{word<std::string_view>{"1.2", "1.2"},
                                       word<std::string_view>{"1.3", "1.3"}};
  std::string_view version = target;
  in.read("min_version", version, versions);
  target = std::string{version};
}

}  // namespace tokensyncd::config
