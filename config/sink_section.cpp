#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "config/program_sections.hpp"
#include "config/sections.hpp"
#include "config/text_template.hpp"
#include "config/units.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::uint32_t owner_reads = 0400;
constexpr std::uint32_t anyone_reads = 0004;
constexpr std::uint32_t anyone_writes = 0002;
constexpr std::uint32_t read_and_write = 0666;

/// Where the first placeholder's path component begins; a `..` after it would undo what it adds.
bool climbs_after_placeholder(std::string_view path) {
  const std::size_t first = path.find('{');
  return first != std::string_view::npos && (path.find("/../", first) != std::string_view::npos);
}

void read_path(const section& in, const std::filesystem::path& directory, std::string& target) {
  const node* value = in.require("path");
  const auto given = in.text("path");
  if (!given) {
    return;
  }
  const auto parsed = parse_template(*given, template_use::path);
  if (const auto* wrong = std::get_if<template_error>(&parsed)) {
    in.error(*value, "path",
             "has, at its byte " + std::to_string(wrong->offset + 1) + ", " + wrong->sentence);
    return;
  }
  if (climbs_after_placeholder(*given + "/")) {
    in.error(*value, "path", "must not go up (`..`) after a placeholder");
    return;
  }
  const std::filesystem::path whole = (directory / *given).lexically_normal();
  if (!whole.has_filename()) {
    in.error(*value, "path", "names a directory; name the file, such as /run/tokens/{workspace}");
    return;
  }
  target = whole.string();
}

void read_template(const section& in, file_sink_settings& target) {
  const node* value = in.find("template");
  if (target.format != file_format::text_template) {
    if (value != nullptr) {
      in.error(*value, "template", "needs `format: template`");
    }
    return;
  }
  if (value == nullptr) {
    in.missing("template", "; `format: template` needs it");
    return;
  }
  auto text = in.block("template");
  if (!text) {
    return;
  }
  const auto parsed = parse_template(*text, template_use::content);
  if (const auto* wrong = std::get_if<template_error>(&parsed)) {
    in.error(*value, "template",
             "has, at its byte " + std::to_string(wrong->offset + 1) + ", " + wrong->sentence);
    return;
  }
  const auto& parts = std::get<std::vector<template_part>>(parsed);
  if (std::ranges::find(parts, placeholder::token, &template_part::what) == parts.end()) {
    in.error(*value, "template", "never writes {token}");
  }
  target.text_template = *std::move(text);
}

void read_owner(const section& in, std::string_view key, std::string& target) {
  auto name = in.text(key);
  if (!name) {
    return;
  }
  const bool fits = name->size() <= 64 && name->front() != '-' &&
                    name->find_first_of("/:, ") == std::string::npos;
  if (fits) {
    target = *std::move(name);
  } else {
    in.error(*in.find(key), key, "is no name or number of a user or group");
  }
}

void read_mode(const section& in, reading& from, file_sink_settings& target) {
  target.mode = target.group.empty() ? 0600 : 0640;
  const node* value = in.find("mode");
  if (value != nullptr && value->kind == node_kind::plain &&
      value->text.find_first_not_of("01234567o") == std::string::npos) {
    in.error(*value, "mode", "must be in quotes (\"0640\"), or YAML reads it as a number");
    return;
  }
  const auto given = in.text("mode");
  if (!given) {
    return;
  }
  const auto mode = parse_mode(*given);
  if (!mode) {
    in.error(*value, "mode", "must be octal permissions in quotes, such as \"0640\"");
  } else if ((*mode & ~read_and_write) != 0 || (*mode & owner_reads) == 0) {
    in.error(*value, "mode", "must give reading and writing only, and reading to the owner");
  } else if ((*mode & anyone_writes) != 0) {
    in.error(*value, "mode", "would let everyone write the token; take the last 2 away");
  } else {
    if ((*mode & anyone_reads) != 0) {
      from.problems.warning(value->at, "`" + in.full("mode") + "` lets everyone read the token");
    }
    target.mode = *mode;
  }
}

sink read_file_sink(const node& value, const std::string& name, reading& from) {
  const section in{value, "sinks." + name, keys::file_sink, from};
  static constexpr std::array formats{word<file_format>{"raw", file_format::raw},
                                      word<file_format>{"json", file_format::json},
                                      word<file_format>{"env", file_format::env},
                                      word<file_format>{"template", file_format::text_template}};
  static constexpr std::array removals{word<on_remove>{"keep", on_remove::keep},
                                       word<on_remove>{"delete", on_remove::erase}};
  sink made;
  made.name = name;
  file_sink_settings file;
  read_path(in, from.directory, file.path);
  in.read("format", file.format, formats);
  read_template(in, file);
  read_owner(in, "owner", file.owner);
  read_owner(in, "group", file.group);
  read_mode(in, from, file);
  in.read("required", made.required);
  in.read("on_remove", made.removal, removals);
  read_hook(in, from, made);
  made.kind = std::move(file);
  return made;
}

bool is_exec_sink(const node& value) {
  const node* type = value.kind == node_kind::mapping ? value.find("type") : nullptr;
  return type != nullptr && (type->kind == node_kind::plain || type->kind == node_kind::quoted) &&
         type->text == "exec";
}

/// Whether this is a sink of this version; reports what it is not.
bool is_file_sink(const node& value, const std::string& name, reading& from) {
  // Only the type is read here: the keys belong to it.
  const node* type = value.kind == node_kind::mapping ? value.find("type") : nullptr;
  const bool named =
      type != nullptr && (type->kind == node_kind::plain || type->kind == node_kind::quoted);
  const std::string key = "`sinks." + name + ".type` ";
  if (!named) {
    if (value.kind == node_kind::mapping && type == nullptr && value.complete) {
      from.problems.error(value.at, key + "is missing; write `type: file` or `type: exec`");
    } else if (type != nullptr && type->kind != node_kind::refused) {
      from.problems.error(type->at, key + "must be text; write `type: file` or `type: exec`");
    }
    return true;  // as there is no other type, its keys can be judged
  }
  if (type->text == "vault") {
    from.problems.error(type->at,
                        key + "can't be `" + type->text +
                            "` in this version of tokensyncd yet; only `file` and `exec` can");
    return false;
  }
  if (type->text != "file") {
    static constexpr std::string_view types[] = {"file", "exec"};
    from.problems.error(type->at,
                        key + "must be `file` or `exec`" + did_you_mean(type->text, types));
  }
  return true;
}

}  // namespace

void read_sinks(const node& value, reading& from, std::vector<sink>& target) {
  if (value.kind != node_kind::mapping) {
    const section reports_it{value, "sinks", {}, from};
    return;
  }
  if (value.children.empty() && value.complete) {
    from.problems.error(value.at, "`sinks` is empty; name at least one");
  }
  for (const node& member : value.children) {
    if (!is_label_name(member.key)) {
      from.problems.error(member.key_at, "`sinks." + printable(member.key) +
                                             "` is no sink's name: 1 to 63 letters, digits, `_`, "
                                             "`-`, `.`");
    } else if (is_exec_sink(member)) {
      target.push_back(read_exec_sink(member, member.key, from));
    } else if (is_file_sink(member, member.key, from)) {
      target.push_back(read_file_sink(member, member.key, from));
    } else {
      // Known by its name, or every workspace that uses it would be an error as well.
      target.push_back(
          {.name = member.key, .required = true, .removal = on_remove::keep, .kind = {}});
    }
  }
  std::ranges::sort(target, {}, &sink::name);
}

}  // namespace tokensyncd::config
