#include "config/sections/environment_values.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>

#include "config/print/yaml_writer.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::size_t shortest_in_text = 6;

std::string named(const variable& one) {
  return "${" + one.name + "}";
}

/// How long a value that begins as `value` does is at the begin of `text`: whole, or cut as long
/// names are, with three dots behind it; else 0.
std::size_t shown_length(std::string_view text, std::string_view value) {
  const auto differ = std::ranges::mismatch(text, value);
  const auto length = static_cast<std::size_t>(differ.in2 - value.begin());
  const bool is_cut = length >= shortest_in_text && text.substr(length).starts_with("...");
  return length == value.size() || is_cut ? length : 0;
}

void replace_all(std::string& text, std::string_view value, const std::string& with) {
  const std::string_view begin = value.substr(0, shortest_in_text);
  std::size_t at = text.find(begin);
  while (at != std::string::npos) {
    const std::size_t length = shown_length(std::string_view{text}.substr(at), value);
    if (length != 0) text.replace(at, length, with);
    at = text.find(begin, at + (length != 0 ? with.size() : 1));
  }
}

/// As the writer escapes it, without the quotes.
std::string escaped(std::string_view value) {
  const std::string quoted = in_quotes(value);
  return quoted.substr(1, quoted.size() - 2);
}

/// The length of the text in quotes at the begin of `yaml`, quotes included.
std::size_t quoted_length(std::string_view yaml) {
  std::size_t at = 1;
  while (at < yaml.size() && yaml[at] != '"') at += yaml[at] == '\\' ? 2U : 1U;
  return std::min(at + 1, yaml.size());
}

/// A text in quotes.
std::string scalar_without_values(std::string text, const variables& all) {
  for (const variable& one : all) {
    if (text == in_quotes(one.value)) return '"' + named(one) + '"';
  }
  for (const variable& one : all) {
    if (one.value.size() >= shortest_in_text) replace_all(text, escaped(one.value), named(one));
  }
  return text;
}

void add(std::string_view name, std::string value, variables& all) {
  const auto is_longer = [](const variable& one, const variable& other) {
    return one.value.size() > other.value.size();
  };
  variable made{std::string{name}, std::move(value)};
  if (std::ranges::find(all, made.value, &variable::value) != all.end()) return;
  // The longest first: what holds another one is replaced as a whole.
  all.insert(std::ranges::upper_bound(all, made, is_longer), std::move(made));
}

}  // namespace

void note_variable(std::string_view name, std::string_view value, variables& all) {
  if (value.empty()) return;
  add(name, std::string{value}, all);
  // As it is in a path.
  add(name, std::filesystem::path{value}.lexically_normal().string(), all);
}

std::string without_values(std::string sentence, const variables& all) {
  for (const variable& one : all) {
    if (one.value.size() >= shortest_in_text) replace_all(sentence, one.value, named(one));
  }
  return sentence;
}

std::string yaml_without_values(std::string_view yaml, const variables& all) {
  std::string out;
  while (!all.empty() && !yaml.empty()) {
    const std::size_t quote = std::min(yaml.find('"'), yaml.size());
    out += yaml.substr(0, quote);
    yaml.remove_prefix(quote);
    if (yaml.empty()) break;
    const std::size_t length = quoted_length(yaml);
    const std::string text{yaml.substr(0, length)};
    const bool is_key = yaml.substr(length).starts_with(':');  // which nothing completes
    out += is_key ? text : scalar_without_values(text, all);
    yaml.remove_prefix(length);
  }
  return out.append(yaml);
}

}  // namespace tokensyncd::config
