#include "daemon/sinks/content.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/sinks/secret_text.hpp"

namespace tokensyncd::sinks {
namespace {

using config::placeholder;
using config::quoting;

std::string_view text_of(const config::file_sink_settings& settings) {
  switch (settings.format) {
    case config::file_format::raw:
      return "{token}";
    case config::file_format::json:
      return "{{\"workspace_id\":{workspace|json},\"token\":{token|json},"
             "\"rotated_at\":{rotated_at|json}}}\n";
    case config::file_format::env:
      return "TIMELINES_WORKSPACE_ID={workspace|env}\nTIMELINES_TOKEN={token|env}\n";
    case config::file_format::text_template:
      return settings.text_template;
  }
  throw std::invalid_argument("unknown file format");
}

/// In double quotes, as there alone a POSIX shell and systemd's EnvironmentFile agree on how
/// quotes and backslashes inside are written.
void append_shell(secret_text& to, std::string_view value) {
  to.append('"');
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') to.append('\\');
    to.append(c);
  }
  to.append('"');
}

/// Without quotes wherever no reader of such files takes a byte for anything but itself: several
/// (Docker's and kubectl's among them) would keep the quotes as a part of the value.
void append_env(secret_text& to, std::string_view value) {
  const bool is_plain = std::ranges::all_of(value, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-._/+:@%"}.find(c) != std::string_view::npos;
  });
  is_plain ? to.append(value) : append_shell(to, value);
}

void append_quoted(secret_text& to, std::string_view value, quoting how) {
  switch (how) {
    case quoting::none:
      return to.append(value);
    case quoting::shell:
      return append_shell(to, value);
    case quoting::json:
      return append_json(to, value);
    case quoting::env:
      return append_env(to, value);
  }
}

}  // namespace

content::content(const config::file_sink_settings& settings) : content(text_of(settings)) {
  is_env_ = settings.format == config::file_format::env;
}

content::content(std::string_view text_template) {
  auto parsed = config::parse_template(text_template, config::template_use::content);
  if (auto* error = std::get_if<config::template_error>(&parsed))
    throw std::invalid_argument(error->sentence);
  parts_ = std::get<std::vector<config::template_part>>(std::move(parsed));
  follows_revision_ = std::ranges::any_of(parts_, [](const config::template_part& part) {
    return part.what == placeholder::rotated_at || part.what == placeholder::generation;
  });
}

secret content::render(const sync::target& whom, const revision& what, const secret& token) const {
  secret_text text;
  for (const config::template_part& part : parts_) {
    switch (part.what) {
      case placeholder::literal:
        text.append(part.text);
        break;
      case placeholder::token:
        append_quoted(text, token.reveal(), part.quote);
        break;
      case placeholder::workspace:
        append_quoted(text, whom.workspace, part.quote);
        break;
      case placeholder::rotated_at:
        if (what.rotated_at) {
          append_quoted(text, format_rfc3339(*what.rotated_at), part.quote);
        } else {
          part.quote == quoting::json ? text.append("null") : append_quoted(text, "", part.quote);
        }
        break;
      case placeholder::generation: {
        const auto how = part.quote == quoting::json ? quoting::none : part.quote;
        append_quoted(text, std::to_string(what.generation), how);
        break;
      }
      case placeholder::label:
        append_quoted(text, config::find_label(whom.labels, part.text).value_or(""), part.quote);
        break;
    }
  }
  return text.take();
}

std::vector<std::optional<std::string>> content::known_parts(
    std::optional<std::string_view> workspace) const {
  std::vector<std::optional<std::string>> known;
  known.reserve(parts_.size());
  for (const config::template_part& part : parts_) {
    std::optional<std::string_view> value;
    if (part.what == placeholder::literal) value = part.text;
    if (part.what == placeholder::workspace) value = workspace;
    auto& its = known.emplace_back();
    if (!value) continue;
    secret_text text;
    append_quoted(text, *value, part.quote);
    its.emplace(text.reveal());
  }
  return known;
}

std::uint64_t content::shape(const sync::target& whom) const {
  std::uint64_t hash = hash_start;
  for (const config::template_part& part : parts_) {
    // Earlier versions quoted every value of `env`. What they wrote is as good to all who could
    // read it before, and stays until its token is rotated.
    const quoting quote = is_env_ && part.quote == quoting::env ? quoting::shell : part.quote;
    const std::array<char, 2> kind{static_cast<char>(part.what), static_cast<char>(quote)};
    hash = hash_on(hash, {kind.data(), kind.size()});
    hash = hash_on(hash, part.text);
    if (part.what == placeholder::label)
      hash = hash_on(hash, config::find_label(whom.labels, part.text).value_or(""));
  }
  return hash;
}

std::uint64_t hash_on(std::uint64_t hash, std::string_view text) noexcept {
  constexpr std::uint64_t prime = 0x100'0000'01B3;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * prime;
  return (hash ^ 0x100U) * prime;
}

}  // namespace tokensyncd::sinks
