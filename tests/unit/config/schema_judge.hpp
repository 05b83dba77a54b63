#pragma once

#include <string>
#include <vector>

#include "tests/unit/config/config_folder.hpp"

/// The JSON Schema and the loader, side by side.
namespace tokensyncd::config {

extern const std::string root_folder;  ///< of the project
extern const std::string schema_file;

[[nodiscard]] std::string read_text(const std::string& file);

/// What judge_by_schema.py says of each file, a line each.
[[nodiscard]] std::vector<std::string> judged_by_schema(const std::vector<std::string>& files);

/// A document and whether it is right.
struct verdict {
  bool good;
  std::string text;
};

/// Expects of both that they say so of each document, loaded from `folder`.
void expect_same_verdicts(const config_folder& folder, const std::vector<verdict>& documents);

}  // namespace tokensyncd::config
