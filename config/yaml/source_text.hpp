#pragma once

#include <cstddef>
#include <string_view>

#include <yaml-cpp/mark.h>

#include "config/yaml/json_escapes.hpp"
#include "config/yaml/problems.hpp"

namespace tokensyncd::config {

/// Where the byte at `offset` is.
[[nodiscard]] place place_at(std::string_view text, std::size_t offset);

/// A file's text while it is parsed: says where in the file the parser's marks are.
class source_text {
 public:
  /// `text`: what the parser reads, which `rewritten` was made of. Both must outlive this.
  source_text(const yaml_text& rewritten, std::string_view text)
      : rewritten_(rewritten), text_(text) {}

  [[nodiscard]] place place_of(const YAML::Mark& mark) const;

  /// Where a list's item without a value begins. The parser marks it where the next token is, maybe
  /// lines below; in between are blank lines and comments alone.
  [[nodiscard]] place place_of_empty_item(const YAML::Mark& mark) const;

 private:
  const yaml_text& rewritten_;
  std::string_view text_;
};

}  // namespace tokensyncd::config
