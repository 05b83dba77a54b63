#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/sections/environment_values.hpp"
#include "config/values.hpp"

namespace tokensyncd::config {

/// Something wrong (or, as a warning, doubtful) at one place of a file. Lines and columns count
/// from 1; 0 means the file as a whole.
struct problem {
  std::filesystem::path file;
  unsigned line = 0;
  unsigned column = 0;
  std::string sentence;

  /// `file:line:column: sentence`, or `file: sentence` where there is no line.
  [[nodiscard]] std::string text() const;
};

/// What came of loading: a configuration exactly when there is no error.
struct loaded {
  std::optional<configuration> value;
  std::vector<problem> errors;  ///< all of them, in the order of the files
  std::vector<problem> warnings;
  /// `admin.socket` even where there are errors elsewhere, so that a running daemon can be asked
  /// while somebody edits its file; the default where it isn't known.
  std::filesystem::path control_socket = admin_settings{}.socket;
  /// What completed it: errors and warnings show their names alone.
  variables from_environment{};
};

/// Looks up an environment variable for `${NAME}`; none where it isn't set.
using environment = std::function<std::optional<std::string>(std::string_view name)>;

/// Reads `file` and the workspace files that it names, and checks everything that can be checked
/// without the network: syntax, keys, types, values, duplicates, rules across fields, that files
/// named by `*_file` exist and aren't writable by others. Never throws for bad input.
[[nodiscard]] loaded load(const std::filesystem::path& file, const environment& env);

/// As load(), with the main file's bytes at hand: `file` gives the name for reports and the
/// directory for relative paths, and need not exist.
[[nodiscard]] loaded load_text(std::string text, const std::filesystem::path& file,
                               const environment& env);

}  // namespace tokensyncd::config
