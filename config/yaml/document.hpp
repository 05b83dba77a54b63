#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/problems.hpp"

namespace tokensyncd::config {

enum class node_kind : std::uint8_t {
  nothing,  ///< null, or a key without a value
  plain,    ///< a scalar without quotes: its type is in its text
  quoted,   ///< text in any kind of quotes, block text included
  sequence,
  mapping,
  refused,  ///< was reported already; nobody need look at it again
};

/// One value of a document; of the workspace entries only one exists at a time.
struct node {
  node_kind kind = node_kind::nothing;
  place at;
  std::string text;            ///< of a scalar
  std::string key;             ///< its key where it is a member of a mapping
  place key_at;                ///< where that key stands
  std::vector<node> children;  ///< items of a sequence, members of a mapping, in their order
  bool complete = true;        ///< false where a syntax error cut it short

  /// The first member with this key; null where there is none.
  [[nodiscard]] const node* find(std::string_view name) const;
};

/// Where the list of workspaces is: they are handed over one by one, never kept.
enum class entries_at : std::uint8_t { workspaces_key, root };

/// Called with each entry when it ends.
using entry_handler = std::function<void(const node& entry)>;

/// Parses the one YAML document of `text` and reports all that isn't what a configuration may be
/// made of: broken UTF-8, control characters, syntax errors, a second document, anchors, aliases,
/// tags, duplicate keys, keys that are no text, too deep, too large. None where there is no
/// document at all; after a syntax error what was read before it, as not complete. Never throws for
/// bad input.
[[nodiscard]] std::optional<node> parse_document(std::string text, entries_at where,
                                                 const entry_handler& on_entry,
                                                 file_problems& problems);

}  // namespace tokensyncd::config
