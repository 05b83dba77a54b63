#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/values.hpp"

namespace tokensyncd::config {

/// What a part of a template stands for.
enum class placeholder : std::uint8_t { literal, token, workspace, rotated_at, generation, label };

/// How a placeholder's value is written: as it is, as one word of a POSIX shell (`|shell`), as a
/// JSON value with its quotes (`|json`), or as the value of a variable in a file of such (`|env`):
/// as it is where every reader of such files takes it so, else as `|shell`.
enum class quoting : std::uint8_t { none, shell, json, env };

struct template_part {
  placeholder what = placeholder::literal;
  quoting quote = quoting::none;
  std::string text;  ///< a literal's bytes, `{{` and `}}` undone; a label's name; else empty

  friend bool operator==(const template_part&, const template_part&) = default;
};

/// Why a text is no template.
struct template_error {
  std::size_t offset = 0;  ///< of the offending byte, from 0
  std::string sentence;    ///< what is wrong and what would be right
};

/// Where a template is used. A path knows `{workspace}` and `{label.NAME}`, both unquoted; a file's
/// content also `{token}`, `{rotated_at}`, `{generation}`, each with a quoting. A hook's
/// command knows what a path does, but is often a shell script: there only a name in braces is a
/// placeholder, and every other brace, `${X}` and `{{` included, is a byte like any other.
enum class template_use : std::uint8_t { content, path, hook };

using parsed_template = std::variant<std::vector<template_part>, template_error>;

/// Splits `text` into its parts, in order; neighbouring literals are one, none is empty.
[[nodiscard]] parsed_template parse_template(std::string_view text, template_use use);

/// The first placeholder in a text that is no template, with its braces; empty where there is none.
[[nodiscard]] std::string_view find_placeholder(std::string_view text);

/// Whether any part depends on the workspace.
[[nodiscard]] bool has_placeholder(const std::vector<template_part>& parts);

/// The value of label `name`, none where it isn't set. `all` is sorted by name.
[[nodiscard]] std::optional<std::string_view> find_label(const labels& all, std::string_view name);

/// The path that `parts` (of a path's template) make for a workspace. A label that is missing
/// counts as empty: the loader has refused such a configuration.
[[nodiscard]] std::string expand_path(const std::vector<template_part>& parts,
                                      std::string_view workspace, const labels& all);

/// Whether `name` may name a label: 1 to 63 of letters, digits, `_`, `-`, `.`.
[[nodiscard]] bool is_label_name(std::string_view name);

}  // namespace tokensyncd::config
