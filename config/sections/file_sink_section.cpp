#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/sections/sink_sections.hpp"
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
  const auto given = in.any_text("path");
  if (!given) {
    return;
  }
  if (!read_template_parts(in, *value, "path", *given, template_use::path)) {
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
  const auto parts = read_template_parts(in, *value, "template", *text, template_use::content);
  if (!parts) {
    return;
  }
  if (!writes_token(*parts)) {
    in.error(*value, "template",
             "does not contain {token}, so the token would not be written; add {token}");
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
    in.error(*in.find(key), key, "is not a name or number of a user or group");
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
    in.error(*value, "mode",
             "must contain only read and write permissions, and must let the owner read");
  } else if ((*mode & anyone_writes) != 0) {
    in.error(*value, "mode",
             "would let every user write the token; remove the write permission of others (2 in "
             "the last digit)");
  } else {
    if ((*mode & anyone_reads) != 0) {
      from.problems.warning(
          value->at, "`" + in.full("mode") + "` lets every user of this machine read the token");
    }
    target.mode = *mode;
  }
}

/// Whether a command reloads something, by a word of it or by SIGHUP.
bool reloads(const std::vector<std::string>& command) {
  static constexpr std::array words{std::string_view{"reload"},
                                    std::string_view{"force-reload"},
                                    std::string_view{"reload-or-restart"},
                                    std::string_view{"try-reload-or-restart"},
                                    std::string_view{"-HUP"},
                                    std::string_view{"-SIGHUP"},
                                    std::string_view{"-1"},
                                    std::string_view{"HUP"},
                                    std::string_view{"SIGHUP"},
                                    std::string_view{"-sHUP"},
                                    std::string_view{"--signal=HUP"},
                                    std::string_view{"--signal=SIGHUP"}};
  constexpr std::string_view between = " \t\n;&|\"'()";
  for (const std::string& argument : command) {
    // A shell's whole script may be one.
    for (std::size_t at = 0; at < argument.size();) {
      const std::size_t end = std::min(argument.find_first_of(between, at), argument.size());
      const auto word = std::string_view{argument}.substr(at, end - at);
      if (std::ranges::find(words, word) != words.end()) {
        return true;
      }
      at = end + 1;
    }
  }
  return false;
}

void warn_of_reload(const section& in, reading& from, const sink& made,
                    const file_sink_settings& file) {
  if (file.format != file_format::env || !made.on_change || !reloads(made.on_change->command)) {
    return;
  }
  from.problems.warning(
      in.find("on_change")->at,
      "`" + in.full("on_change") +
          "` reloads, but the format is `env`: a process gets its environment (EnvironmentFile=, "
          "--env-file) only when it starts, so it needs a restart to get a new token; a reload is "
          "enough if the process reads the file itself");
}

}  // namespace

sink read_file_sink(const node& value, const std::string& name, reading& from) {
  const section in{value, "sinks." + name, keys::file_sink, from};
  static constexpr std::array formats{word<file_format>{"raw", file_format::raw},
                                      word<file_format>{"json", file_format::json},
                                      word<file_format>{"env", file_format::env},
                                      word<file_format>{"template", file_format::text_template}};
  sink made;
  made.name = name;
  file_sink_settings file;
  read_path(in, from.directory, file.path);
  in.read("format", file.format, formats);
  read_template(in, file);
  read_owner(in, "owner", file.owner);
  read_owner(in, "group", file.group);
  read_mode(in, from, file);
  read_grouping(in, file);
  read_shared_sink_keys(in, from, made);
  warn_of_reload(in, from, made, file);
  made.kind = std::move(file);
  return made;
}

}  // namespace tokensyncd::config
