#include "config/yaml/section.hpp"

#include <charconv>
#include <cstdint>
#include <variant>

#include "config/text_template.hpp"
#include "config/units.hpp"
#include "config/yaml/encoding.hpp"
#include "config/yaml/interpolation.hpp"
#include "config/yaml/scalar_type.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::size_t longest_label_value = 1'024;

std::string joined(keys::list names) {
  std::string text;
  for (const std::string_view name : names) {
    text += (text.empty() ? "" : ", ") + std::string{name};
  }
  return text;
}

std::string_view kind_name(const node& value) {
  switch (value.kind) {
    case node_kind::sequence:
      return "a list";
    case node_kind::mapping:
      return "a mapping";
    case node_kind::nothing:
      return "nothing";
    default:
      return "a single value";
  }
}

}  // namespace

section::section(const node& mapping, std::string name, keys::list known, reading& from,
                 keys::list later)
    : section(mapping, std::move(name), from) {
  know(known, later);
}

section::section(const node& mapping, std::string name, reading& from)
    : mapping_(mapping), name_(std::move(name)), from_(from) {
  if (mapping.kind != node_kind::mapping && mapping.kind != node_kind::refused) {
    const std::string what = name_.empty() ? "a configuration" : "`" + name_ + "`";
    from_.problems.error(mapping.at, what + " must be a mapping (`key: value`), not " +
                                         std::string{kind_name(mapping)});
  }
}

void section::know(keys::list known, keys::list later, keys::list elsewhere) const {
  for (const node& member : members()) {
    if (std::ranges::find(later, member.key) != later.end()) {
      from_.problems.error(
          member.key_at,
          "`" + full(member.key) + "` is not supported by this version of tokensyncd; remove it");
    } else if (std::ranges::find(known, member.key) == known.end() &&
               std::ranges::find(elsewhere, member.key) == elsewhere.end()) {
      std::string help = did_you_mean(member.key, known);
      if (help.empty()) {
        help = "; known here: " + joined(known);
      }
      from_.problems.error(member.key_at,
                           "unknown key `" + full(printable(member.key)) + "`" + help);
    }
  }
}

const std::vector<node>& section::members() const {
  static const std::vector<node> none;
  return mapping_.kind == node_kind::mapping ? mapping_.children : none;
}

const node* section::find(std::string_view key) const {
  const node* found = mapping_.kind == node_kind::mapping ? mapping_.find(key) : nullptr;
  return found != nullptr && found->kind != node_kind::refused ? found : nullptr;
}

bool section::has(std::string_view key) const {
  return mapping_.kind == node_kind::mapping && mapping_.find(key) != nullptr;
}

const node* section::require(std::string_view key) const {
  if (!has(key)) {
    missing(key);
  }
  return find(key);
}

void section::error(const node& value, std::string_view key, std::string_view clause) const {
  from_.problems.error(value.at, "`" + full(key) + "` " + std::string{clause});
}

void section::key_error(const node& member, std::string_view key, std::string_view clause) const {
  from_.problems.error(member.key_at, "`" + full(key) + "` " + std::string{clause});
}

void section::missing(std::string_view key, std::string_view help) const {
  // What a syntax error cut off may well be there.
  if (mapping_.complete && mapping_.kind == node_kind::mapping) {
    from_.problems.error(mapping_.at, "`" + full(key) + "` is missing" + std::string{help});
  }
}

std::string section::full(std::string_view key) const {
  return name_.empty() ? std::string{key} : name_ + "." + std::string{key};
}

std::optional<std::string> section::scalar(const node& value, std::string_view key, form of) const {
  if (value.kind == node_kind::refused) {
    return std::nullopt;
  }
  if (value.kind == node_kind::nothing) {
    error(value, key, "has no value; give one, or remove the key");
    return std::nullopt;
  }
  if (value.kind == node_kind::sequence || value.kind == node_kind::mapping) {
    error(value, key, "must be text, not " + std::string{kind_name(value)});
    return std::nullopt;
  }
  if (of != form::quantity && value.kind == node_kind::plain &&
      plain_type(value.text) != scalar_type::text) {
    error(value, key,
          "must be text: YAML reads this as a number or a truth value; put it in quotes");
    return std::nullopt;
  }
  auto filled = interpolate(value.text, from_.env);
  if (const auto* wrong = std::get_if<interpolation_error>(&filled)) {
    error(value, key, "cannot be expanded: " + wrong->sentence);
    return std::nullopt;
  }
  auto& text = std::get<std::string>(filled);
  if (text.empty()) {
    error(value, key, "must not be empty");
    return std::nullopt;
  }
  if (find_bad_encoding(text) || (of != form::block && has_control_character(text))) {
    error(value, key, "holds a control character, or bytes that are not UTF-8");
    return std::nullopt;
  }
  return std::move(text);
}

bool section::is_plain(const node& value, std::string_view key, std::string_view given) const {
  const std::string_view found = find_placeholder(given);
  if (found.empty()) {
    return true;
  }
  error(value, key,
        "holds " + printable(found) +
            ", but placeholders are not allowed here; write the value itself");
  return false;
}

std::optional<std::string> section::text(std::string_view key) const {
  auto given = any_text(key);
  return given && is_plain(*find(key), key, *given) ? std::move(given) : std::nullopt;
}

std::optional<std::string> section::any_text(std::string_view key) const {
  const node* value = find(key);
  return value != nullptr ? scalar(*value, key, form::line) : std::nullopt;
}

std::optional<std::string> section::quantity(std::string_view key) const {
  const node* value = find(key);
  return value != nullptr ? scalar(*value, key, form::quantity) : std::nullopt;
}

std::optional<std::string> section::block(std::string_view key) const {
  const node* value = find(key);
  return value != nullptr ? block(*value, key) : std::nullopt;
}

std::optional<std::string> section::block(const node& value, std::string_view key) const {
  return scalar(value, key, form::block);
}

std::optional<std::filesystem::path> section::path(std::string_view key) const {
  const auto given = text(key);
  if (!given) {
    return std::nullopt;
  }
  auto file = (from_.directory / *given).lexically_normal();
  if (!file.has_filename()) {
    error(*find(key), key, "names a directory; name a file");
    return std::nullopt;
  }
  return file;
}

std::optional<std::vector<list_item>> section::items(std::string_view key) const {
  return list_of(key, list_kind::names);
}

std::optional<std::vector<list_item>> section::texts(std::string_view key) const {
  return list_of(key, list_kind::texts);
}

std::optional<std::vector<list_item>> section::list_of(std::string_view key, list_kind kind) const {
  const node* list = find(key);
  if (list == nullptr) {
    return std::nullopt;
  }
  if (list->kind != node_kind::sequence) {
    error(*list, key, "must be a list ([a, b]), not " + std::string{kind_name(*list)});
    return std::nullopt;
  }
  const bool unique = kind == list_kind::names;
  std::vector<list_item> all;
  for (const node& one : list->children) {
    auto given = scalar(one, key, form::line);
    if (unique && given && !is_plain(one, key, *given)) {
      continue;
    }
    if (unique && given && std::ranges::find(all, *given, &list_item::text) != all.end()) {
      error(one, key, "lists the same value twice");
    } else if (given) {
      all.push_back({&one, *std::move(given)});
    }
  }
  return all;
}

std::optional<labels> section::label_map(std::string_view key) const {
  const node* map = find(key);
  if (map == nullptr) {
    return std::nullopt;
  }
  if (map->kind != node_kind::mapping) {
    error(*map, key, "must be a mapping ({name: value}), not " + std::string{kind_name(*map)});
    return std::nullopt;
  }
  labels all;
  for (const node& member : map->children) {
    const std::string name = std::string{key} + "." + printable(member.key);
    if (!is_label_name(member.key)) {
      from_.problems.error(
          member.key_at,
          "`" + full(name) +
              "` is not a valid label name; use 1 to 63 letters, digits, `_`, `-`, `.`");
    } else if (auto value = scalar(member, name, form::line)) {
      if (value->size() > longest_label_value) {
        error(member, name, "is longer than 1,024 bytes");
      } else if (is_plain(member, name, *value)) {
        all.emplace_back(member.key, *std::move(value));
      }
    }
  }
  std::ranges::sort(all);
  return all;
}

void section::read(std::string_view key, bool& target) const {
  const node* value = find(key);
  if (value == nullptr) {
    return;
  }
  if (value->kind != node_kind::plain || plain_type(value->text) != scalar_type::boolean) {
    error(*value, key, "must be true or false, without quotes");
    return;
  }
  target = value->text.front() == 't' || value->text.front() == 'T';
}

void section::read(std::string_view key, unsigned& target, unsigned least, unsigned most) const {
  const node* value = find(key);
  if (value == nullptr) {
    return;
  }
  unsigned number = 0;
  const char* last = value->text.data() + value->text.size();
  const auto [end, wrong] = std::from_chars(value->text.data(), last, number);
  if (value->kind != node_kind::plain || value->text.empty() || wrong != std::errc{} ||
      end != last || number < least || number > most) {
    const std::string range = least == most ? std::to_string(least)
                                            : "a whole number from " + std::to_string(least) +
                                                  " to " + std::to_string(most);
    error(*value, key, "must be " + range + ", without quotes");
    return;
  }
  target = number;
}

void section::read(std::string_view key, milliseconds& target, milliseconds least,
                   milliseconds most) const {
  const auto given = quantity(key);
  if (!given) {
    return;
  }
  const auto duration = parse_duration(*given);
  if (!duration) {
    error(*find(key), key, "must be a duration such as 500ms, 30s, 5m, 1h or 7d");
  } else if (*duration < least || *duration > most) {
    error(*find(key), key,
          "must be from " + format_duration(least) + " to " + format_duration(most));
  } else {
    target = *duration;
  }
}

void section::wrong_word(const node& value, std::string_view key, std::string_view given,
                         keys::list allowed) const {
  error(value, key,
        "must be " + std::string{allowed.size() > 1 ? "one of " : ""} + joined(allowed) +
            did_you_mean(given, allowed));
}

}  // namespace tokensyncd::config
