#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/sections/sink_sections.hpp"
#include "config/text_template.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::string_view label_prefix = "label.";

/// The label of `group_by`, empty for all workspaces; none where it is neither, which is reported.
std::optional<std::string> read_group_by(const section& in) {
  const auto by = in.text("group_by");
  if (!by || *by == "all") {
    return by ? std::optional<std::string>{""} : std::nullopt;
  }
  std::string label = by->substr(std::min(by->size(), label_prefix.size()));
  if (by->starts_with(label_prefix) && is_label_name(label)) {
    return label;
  }
  in.error(*in.find("group_by"), "group_by", "must be `all` or `label.NAME`");
  return std::nullopt;
}

std::string read_frame(const section& in, std::string_view key) {
  auto text = in.find(key) == nullptr ? std::nullopt : in.block(key);
  if (!text) {
    return {};
  }
  if (const auto found = find_placeholder(*text); !found.empty()) {
    in.error(*in.find(key), key,
             "has the placeholder " + std::string{found} + ", but is the same for all workspaces");
  }
  return *std::move(text);
}

bool ends_line(std::string_view text) {
  return text.ends_with('\n');
}

/// All workspaces of a group must lead to one file, and those of two groups to two.
void check_path(const section& in, const file_sink_settings& file, const std::string& label) {
  const auto parsed = parse_template(file.path, template_use::path);
  const auto* parts = std::get_if<std::vector<template_part>>(&parsed);
  if (file.path.empty() || parts == nullptr) {
    return;  // refused already
  }
  const template_part wanted{placeholder::label, quoting::none, label};
  const bool has_others = std::ranges::any_of(*parts, [&wanted](const template_part& part) {
    return part.what != placeholder::literal && part != wanted;
  });
  const bool has_wanted = std::ranges::find(*parts, wanted) != parts->end();
  if (label.empty() && has_others) {
    in.error(*in.find("path"), "path",
             "must have no placeholder, because `group_by: all` writes one file");
  } else if (!label.empty() && (has_others || !has_wanted)) {
    in.error(*in.find("path"), "path",
             "must have the placeholder {label." + label +
                 "} and no other, because the sink writes a file for each value of that label");
  }
}

/// The daemon reads the file to change one entry: it must know which entry is whose.
void check_entry(const section& in, const file_sink_settings& file, const file_grouping& frame) {
  const auto parsed = parse_template(file.text_template, template_use::content);
  const auto* parts = std::get_if<std::vector<template_part>>(&parsed);
  if (file.text_template.empty() || parts == nullptr) {
    return;  // refused already
  }
  const node& at = *in.find("template");
  const auto is_name = [](const template_part& part) {
    return part.what == placeholder::workspace;
  };
  const auto is_value = [](const template_part& part) { return part.what != placeholder::literal; };
  const auto touches = [&](const template_part& one, const template_part& next) {
    return (is_name(one) && is_value(next)) || (is_value(one) && is_name(next));
  };
  if (std::ranges::none_of(*parts, is_name)) {
    in.error(at, "template",
             "does not contain {workspace}, so nobody could tell the tokens of the file apart; add "
             "{workspace}");
  } else if (std::ranges::adjacent_find(*parts, touches) != parts->end()) {
    in.error(at, "template",
             "has another placeholder directly beside {workspace}; write something between them");
  }
  if (!frame.separator.empty() && !ends_line(frame.separator)) {
    in.error(*in.find("separator"), "separator",
             "must end with a line end, because each workspace begins a line");
  } else if (frame.separator.empty() && !ends_line(file.text_template)) {
    in.error(at, "template",
             "must end with a line end, or `separator` must, because each workspace begins a line");
  }
}

}  // namespace

void read_grouping(const section& in, file_sink_settings& target) {
  static constexpr std::string_view frame_keys[] = {"header", "separator", "footer"};
  const node* group_by = in.find("group_by");
  for (const std::string_view key : frame_keys) {
    const node* const value = in.find(key);
    if (value != nullptr && group_by == nullptr) {
      in.error(*value, key, "needs `group_by`");
    }
  }
  if (group_by == nullptr) {
    return;
  }
  if (target.format != file_format::text_template) {
    in.error(*group_by, "group_by", "needs `format: template`");
    return;
  }
  file_grouping frame{.label = {},
                      .header = read_frame(in, "header"),
                      .separator = read_frame(in, "separator"),
                      .footer = read_frame(in, "footer")};
  if (!frame.header.empty() && !ends_line(frame.header)) {
    in.error(*in.find("header"), "header",
             "must end with a line end, because each workspace begins a line");
  }
  if (const node* const owner = in.find("owner")) {
    in.error(*owner, "owner",
             "must not be set with `group_by`, because the daemon must be able to read the file; "
             "let `group` read it");
  }
  check_entry(in, target, frame);
  if (auto label = read_group_by(in)) {
    frame.label = *std::move(label);
    check_path(in, target, frame.label);
    target.grouping = std::move(frame);
  }
}

}  // namespace tokensyncd::config
