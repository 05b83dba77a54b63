#include "daemon/sinks/file/destination_names.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

#include "daemon/sinks/file/file_etag.hpp"

namespace tokensyncd::sinks {
namespace {

/// Between path and workspace, where it stands last: in a workspace it is escaped.
constexpr char mark = '#';
constexpr std::string_view escaped_mark = "%23";
constexpr std::string_view escaped_percent = "%25";

std::string unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const bool is_mark = text.starts_with(escaped_mark);
    const bool is_escaped = is_mark || text.starts_with(escaped_percent);
    plain += is_mark ? mark : text.front();
    text.remove_prefix(is_escaped ? escaped_mark.size() : 1);
  }
  return plain;
}

}  // namespace

std::string entry_destination(std::string_view path, std::string_view workspace) {
  std::string name{entry_prefix};
  name.append(path).append(1, mark);
  for (const char c : workspace) {
    if (c == mark) {
      name += escaped_mark;
    } else if (c == '%') {
      name += escaped_percent;
    } else {
      name += c;
    }
  }
  return name;
}

entry_place parse_entry_destination(std::string_view destination) {
  if (destination.starts_with(entry_prefix)) destination.remove_prefix(entry_prefix.size());
  const std::size_t at = destination.rfind(mark);
  if (at == std::string_view::npos) return {std::string{destination}, {}};
  return {std::string{destination.substr(0, at)}, unescaped(destination.substr(at + 1))};
}

std::string path_of_destination(std::string_view destination) {
  if (destination.starts_with(file_prefix))
    return std::string{destination.substr(file_prefix.size())};
  return parse_entry_destination(destination).path;
}

std::vector<config::template_part> parse_path(const std::string& text) {
  auto parsed = config::parse_template(text, config::template_use::path);
  if (auto* error = std::get_if<config::template_error>(&parsed))
    throw std::invalid_argument(error->sentence);
  return std::get<std::vector<config::template_part>>(std::move(parsed));
}

std::string owner_of(const sync::etag& found, const sync::delivery_request& what) {
  if (!what.others) return {};
  const auto is_it = [&found](const sync::etag& tag) { return same_file(tag, found); };
  const auto whose = what.others(is_it);
  return whose ? "the workspace `" + whose->workspace + "` of the sink `" + whose->sink + "`" : "";
}

failure keeps_changing_failure(const std::string& path) {
  return {failure_kind::conflict,
          path + " keeps being changed by another program: find out which program writes there"};
}

}  // namespace tokensyncd::sinks
