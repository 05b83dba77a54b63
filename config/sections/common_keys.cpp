#include "config/sections/common_keys.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/rules/addresses.hpp"
#include "config/rules/file_checks.hpp"

namespace tokensyncd::config {
namespace {

/// A path as people are shown it: as it is written where a variable completed it, which may hold
/// what the file should.
std::string shown(const node& value, const std::filesystem::path& file) {
  if (value.text.find("${") == std::string::npos) return file.string();
  return value.text + " (a file name, not its content)";
}

/// Whether `value` may be a secret that was put in the place of its file's name: nothing is there,
/// no directory is named that is, and it isn't made of small letters alone, as names are and no
/// secret that is handed out.
bool may_be_a_secret(const node& value, const std::filesystem::path& file) {
  constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyz-_.";
  constexpr std::size_t longest_name = 32;
  if (value.text.find("${") != std::string::npos) return false;  // which is all that is shown
  if (value.text.size() <= longest_name &&
      value.text.find_first_not_of(of_names) == std::string::npos)
    return false;
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return false;
  return value.text.find('/') == std::string::npos ||
         !std::filesystem::is_directory(file.parent_path(), ignored);
}

}  // namespace

void read_secret_file(const section& in, std::string_view key, std::filesystem::path& target) {
  auto file = in.path(key);
  if (!file) return;
  const node& value = *in.find(key);
  const std::string trouble = secret_file_trouble(*file);
  if (trouble.empty()) {
    target = *std::move(file);
  } else if (may_be_a_secret(value, *file)) {
    in.error(value, key,
             "names a file that " + trouble +
                 "; write the name of a file (the value is not shown, because it may be the secret "
                 "itself)");
  } else {
    in.error(value, key, "names " + shown(value, *file) + ", which " + trouble);
  }
}

void read_input_file(const section& in, std::string_view key, std::filesystem::path& target) {
  auto file = in.path(key);
  if (!file) return;
  const std::string trouble = input_file_trouble(*file);
  if (trouble.empty()) {
    target = *std::move(file);
  } else {
    in.error(*in.find(key), key, "names " + shown(*in.find(key), *file) + ", which " + trouble);
  }
}

void read_server_name(const section& in, std::string& target) {
  if (auto name = in.text("server_name")) {
    if (is_host(*name)) {
      target = *std::move(name);
    } else {
      in.error(*in.find("server_name"), "server_name", "is not a valid host name");
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
