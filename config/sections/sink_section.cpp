#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "config/sections/program_sections.hpp"
#include "config/sections/sections.hpp"
#include "config/sections/sink_sections.hpp"

namespace tokensyncd::config {
namespace {

using kind_reader = sink (*)(const node& value, const std::string& name, reading& from);

/// Known by its name, or every workspace that uses it would be an error as well.
sink read_name_alone(const node&, const std::string& name, reading&) {
  return {.name = name, .required = true, .removal = on_remove::keep, .kind = {}};
}

/// Who reads this sink; reports a type that isn't there.
kind_reader reader_of(const node& value, const std::string& name, reading& from) {
  // Only the type is read here: the keys belong to it.
  const node* type = value.kind == node_kind::mapping ? value.find("type") : nullptr;
  const bool named =
      type != nullptr && (type->kind == node_kind::plain || type->kind == node_kind::quoted);
  const std::string key = "`sinks." + name + ".type` ";
  if (!named) {
    if (value.kind == node_kind::mapping && type == nullptr && value.complete) {
      from.problems.error(value.at,
                          key + "is missing; write `type: file`, `type: vault` or `type: exec`");
    } else if (type != nullptr && type->kind != node_kind::refused) {
      from.problems.error(type->at,
                          key + "must be text; write `type: file`, `type: vault` or `type: exec`");
    } else if (type == nullptr) {
      const section reports_it{value, "sinks." + name, from};
    }
    return read_name_alone;
  }
  static constexpr std::string_view types[] = {"file", "vault", "exec"};
  std::string_view meant = type->text;
  if (std::ranges::find(types, meant) == std::end(types)) {
    from.problems.error(
        type->at, key + "must be one of `file`, `vault`, `exec`" + did_you_mean(type->text, types));
    // Where it is clear enough what was meant, its keys are judged too: all errors come at once.
    meant = nearest_name(type->text, types);
  }
  if (meant == "file") return read_file_sink;
  if (meant == "vault") return read_vault_sink;
  return meant == "exec" ? read_exec_sink : read_name_alone;
}

}  // namespace

void read_shared_sink_keys(const section& in, reading& from, sink& target) {
  static constexpr std::array removals{word<on_remove>{"keep", on_remove::keep},
                                       word<on_remove>{"delete", on_remove::erase}};
  in.read("required", target.required);
  in.read("on_remove", target.removal, removals);
  read_hook(in, from, target);
}

std::optional<std::vector<template_part>> read_template_parts(const section& in, const node& value,
                                                              std::string_view key,
                                                              std::string_view text,
                                                              template_use use) {
  auto parsed = parse_template(text, use);
  if (const auto* wrong = std::get_if<template_error>(&parsed)) {
    in.error(value, key,
             "has an error at byte " + std::to_string(wrong->offset + 1) + ", " + wrong->sentence);
    return std::nullopt;
  }
  return std::get<std::vector<template_part>>(std::move(parsed));
}

bool writes_token(const std::vector<template_part>& parts) {
  return std::ranges::find(parts, placeholder::token, &template_part::what) != parts.end();
}

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
      from.problems.error(
          member.key_at,
          "`sinks." + printable(member.key) +
              "` is not a valid sink name; use 1 to 63 letters, digits, `_`, `-`, `.`");
    } else {
      const kind_reader read = reader_of(member, member.key, from);
      target.push_back(read(member, member.key, from));
    }
  }
  std::ranges::sort(target, {}, &sink::name);
}

}  // namespace tokensyncd::config
