#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "config/loader.hpp"

namespace tokensyncd::config {

/// A folder of its own for one test, with a Partner Secret in it, removed in the end.
class config_folder {
 public:
  config_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    write("secret", "s3cret\n");
  }
  config_folder(const config_folder&) = delete;
  config_folder& operator=(const config_folder&) = delete;
  ~config_folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  void write(const std::string& name, std::string_view bytes, mode_t mode = 0600) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << bytes;
    ::chmod(file.c_str(), mode);
  }

  /// Loads `text` as the file c.yaml of this folder.
  [[nodiscard]] loaded load(std::string_view text) const {
    write("c.yaml", text);
    return config::load(path_ / "c.yaml", [this](std::string_view name) {
      const auto found = variables.find(name);
      return found != variables.end() ? std::optional{found->second} : std::nullopt;
    });
  }

  /// All errors, one a line, each as `FILE:LINE:COLUMN: sentence` with the file's name alone.
  [[nodiscard]] std::string errors(std::string_view text) const {
    return listed(load(text).errors);
  }

  static std::string listed(const std::vector<problem>& problems) {
    std::string all;
    for (problem one : problems) {
      one.file = one.file.filename();
      all += one.text() + "\n";
    }
    return all;
  }

  std::map<std::string, std::string, std::less<>> variables;

 private:
  std::filesystem::path path_;
};

/// The least that loads; tests append to it.
inline constexpr std::string_view least =
    "version: 1\n"
    "partner: {id: acme, secret_file: secret}\n"
    "workspaces: [{id: w1}]\n"
    "sinks: {files: {type: file, path: 'out/{workspace}'}}\n";

}  // namespace tokensyncd::config
