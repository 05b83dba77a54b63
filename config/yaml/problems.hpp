#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "config/loader.hpp"

namespace tokensyncd::config {

/// A place in a file, from 1; 0 stands for the file as a whole.
struct place {
  unsigned line = 0;
  unsigned column = 0;
};

/// Collects what is wrong with one file.
class file_problems {
 public:
  explicit file_problems(std::filesystem::path file) : file_(std::move(file)) {}

  /// Notes an error; the first 1,000 of a file are kept, then one sentence says that there are
  /// more.
  void error(place at, std::string sentence);
  void warning(place at, std::string sentence);

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  [[nodiscard]] bool has_errors() const noexcept { return !errors_.empty(); }

  /// Moves what was found to the end of `errors` and `warnings`, each in the order of the lines.
  void move_to(std::vector<problem>& errors, std::vector<problem>& warnings);

 private:
  std::filesystem::path file_;
  std::vector<problem> errors_;
  std::vector<problem> warnings_;
};

}  // namespace tokensyncd::config
