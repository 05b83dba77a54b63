#include "config/print/yaml_writer.hpp"

namespace tokensyncd::config {
namespace {

/// `dollar` is how a dollar is written: names aren't completed from the environment.
std::string quoted(std::string_view text, std::string_view dollar) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '$') {
      out += dollar;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return quoted(text, "$$");
}

std::string flow_map(const labels& all) {
  std::string out;
  for (const auto& [name, value] : all) {
    out += (out.empty() ? "" : ", ") + quoted(name, "$") + ": " + in_quotes(value);
  }
  return "{" + out + "}";
}

void yaml_writer::section(std::string_view name, std::size_t depth) {
  out_.append(depth * 2, ' ');
  out_ += std::string{name} + ":\n";
}

void yaml_writer::line(std::size_t depth, std::string_view key, std::string_view value) {
  out_.append(depth * 2, ' ');
  out_ += std::string{key} + ": " + std::string{value} + "\n";
}

void yaml_writer::flag(std::size_t depth, std::string_view key, bool value) {
  line(depth, key, value ? "true" : "false");
}

void yaml_writer::text(std::size_t depth, std::string_view key, std::string_view value) {
  if (!value.empty()) {
    line(depth, key, in_quotes(value));
  }
}

}  // namespace tokensyncd::config
