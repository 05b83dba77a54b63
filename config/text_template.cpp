#include "config/text_template.hpp"

#include <algorithm>
#include <array>

namespace tokensyncd::config {
namespace {

struct known_name {
  std::string_view name;
  placeholder what;
};
constexpr std::array known_names{known_name{"token", placeholder::token},
                                 known_name{"workspace", placeholder::workspace},
                                 known_name{"rotated_at", placeholder::rotated_at},
                                 known_name{"generation", placeholder::generation}};

struct known_quoting {
  std::string_view name;
  quoting how;
};
constexpr std::array known_quotings{known_quoting{"shell", quoting::shell},
                                    known_quoting{"json", quoting::json},
                                    known_quoting{"env", quoting::env}};

constexpr std::string_view label_prefix = "label.";
constexpr std::string_view in_content =
    "the placeholders are {token}, {workspace}, {rotated_at}, {generation} and {label.NAME}, each "
    "also with |shell, |env or |json; write {{ or }} for a brace";
constexpr std::string_view in_path =
    "a path has the placeholders {workspace} and {label.NAME}; write {{ or }} for a brace";
constexpr std::string_view in_hook =
    "a hook's command has the placeholders {workspace} and {label.NAME}, and never gets the token; "
    "put a command that needs other braces into a script";

/// Letters, digits and what else a placeholder may hold.
bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '|';
  };
  constexpr std::string_view never_first = "0123456789-.|";
  return !text.empty() && never_first.find(text.front()) == std::string_view::npos &&
         std::ranges::all_of(text, fits);
}

class parser {
 public:
  parser(std::string_view text, template_use use) : text_(text), use_(use) {}

  parsed_template run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (use_ == template_use::hook && !begins_name()) {
        append(c);
        ++at_;
        continue;
      }
      const bool doubled = text_.substr(at_ + 1).starts_with(c);
      if ((c == '{' || c == '}') && doubled) {
        append(c);
        at_ += 2;
      } else if (c == '}') {
        return wrong("a } without a {");
      } else if (c != '{') {
        append(c);
        ++at_;
      } else if (auto error = placeholder_here()) {
        return *std::move(error);
      }
    }
    return std::move(parts_);
  }

 private:
  /// Whether a name in braces begins here that isn't a shell's `${name}` or another's `{{name}}`.
  [[nodiscard]] bool begins_name() const {
    if (text_[at_] != '{') return false;
    const char before = at_ == 0 ? ' ' : text_[at_ - 1];
    const std::size_t end = text_.find('}', at_);
    return before != '$' && before != '{' && end != std::string_view::npos &&
           is_name(text_.substr(at_ + 1, end - at_ - 1));
  }

  std::optional<template_error> placeholder_here() {
    const std::size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) {
      return wrong("a { without a }");
    }
    std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    template_part part;
    if (const std::size_t bar = name.find('|'); bar != std::string_view::npos) {
      const std::string_view how = name.substr(bar + 1);
      const auto* known = std::ranges::find(known_quotings, how, &known_quoting::name);
      if (use_ != template_use::content || known == known_quotings.end()) {
        return wrong("an unknown quoting");
      }
      part.quote = known->how;
      name = name.substr(0, bar);
    }
    if (name.starts_with(label_prefix) && is_label_name(name.substr(label_prefix.size()))) {
      part.what = placeholder::label;
      part.text = name.substr(label_prefix.size());
    } else {
      const auto* known = std::ranges::find(known_names, name, &known_name::name);
      const bool allowed = known != known_names.end() &&
                           (use_ == template_use::content || known->what == placeholder::workspace);
      if (!allowed) {
        return wrong("an unknown placeholder");
      }
      part.what = known->what;
    }
    parts_.push_back(std::move(part));
    at_ = end + 1;
    return std::nullopt;
  }

  void append(char c) {
    if (parts_.empty() || parts_.back().what != placeholder::literal) {
      parts_.emplace_back();
    }
    parts_.back().text += c;
  }

  [[nodiscard]] template_error wrong(std::string_view what) const {
    const std::string_view help = use_ == template_use::content ? in_content
                                  : use_ == template_use::path  ? in_path
                                                                : in_hook;
    return {at_, std::string{what} + ": " + std::string{help}};
  }

  std::string_view text_;
  template_use use_;
  std::size_t at_ = 0;
  std::vector<template_part> parts_;
};

}  // namespace

parsed_template parse_template(std::string_view text, template_use use) {
  return parser{text, use}.run();
}

std::string_view find_placeholder(std::string_view text) {
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return {};
    const std::string_view whole = text.substr(at, end - at + 1);
    // A brace within would be text, or the beginning of the next one.
    if (whole.find('{', 1) == std::string_view::npos &&
        std::holds_alternative<std::vector<template_part>>(
            parse_template(whole, template_use::content))) {
      return whole;
    }
  }
  return {};
}

bool has_placeholder(const std::vector<template_part>& parts) {
  return std::ranges::any_of(
      parts, [](const template_part& part) { return part.what != placeholder::literal; });
}

std::optional<std::string_view> find_label(const labels& all, std::string_view name) {
  const auto found = std::ranges::lower_bound(
      all, name, {}, [](const auto& label) { return std::string_view{label.first}; });
  if (found == all.end() || found->first != name) {
    return std::nullopt;
  }
  return found->second;
}

std::string expand_path(const std::vector<template_part>& parts, std::string_view workspace,
                        const labels& all) {
  std::string path;
  for (const template_part& part : parts) {
    if (part.what == placeholder::literal) {
      path += part.text;
    } else if (part.what == placeholder::workspace) {
      path += workspace;
    } else {
      path += find_label(all, part.text).value_or("");
    }
  }
  return path;
}

bool is_label_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, allowed);
}

}  // namespace tokensyncd::config
