#pragma once

#include <string>
#include <vector>

#include "config/yaml/problems.hpp"

namespace tokensyncd::config {

/// A text as the YAML parser reads it.
struct yaml_text {
  std::string text;
  /// Ends of escapes, in `text`, that are two columns longer in the file; in their order.
  std::vector<place> shortened;

  /// Where in the file a place of `text` is.
  [[nodiscard]] place in_file(place at) const;
};

/// JSON writes a character beyond U+FFFF as two escapes, a surrogate pair (RFC 8259, section 7),
/// which YAML 1.2 (section 5.7) doesn't know. Where `text` is JSON, each pair is written as one
/// YAML escape: `\ud83d\ude80` as `\U0001F680`. Any other text stays as it is, because without
/// parsing it nobody knows where its quotes begin. Pure.
[[nodiscard]] yaml_text with_yaml_escapes(std::string text);

}  // namespace tokensyncd::config
