#include "config/sections/program_sections.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/sections/sections.hpp"
#include "config/sections/sink_sections.hpp"
#include "config/text_template.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_arguments = 256;

bool names_token(std::string_view text) {
  const auto parsed = parse_template(text, template_use::content);
  const auto* parts = std::get_if<std::vector<template_part>>(&parsed);
  return parts != nullptr &&
         std::ranges::find(*parts, placeholder::token, &template_part::what) != parts->end();
}

/// What keeps an argument from being one, as a clause; empty where nothing does.
std::string argument_trouble(std::string_view text) {
  if (names_token(text)) {
    return "must not contain {token}, because every user of this machine can read a program's "
           "arguments; the program gets the token on its standard input";
  }
  const auto parsed = parse_template(text, template_use::path);
  const auto* wrong = std::get_if<template_error>(&parsed);
  return wrong == nullptr ? ""
                          : "has an argument with an error at byte " +
                                std::to_string(wrong->offset + 1) + ", " + wrong->sentence;
}

/// Texts in order; empty where one was refused.
std::vector<std::string> read_texts(const section& in, std::string_view key) {
  const auto given = in.texts(key);
  if (!given) {
    return {};
  }
  const node& list = *in.find(key);
  if (list.children.empty() && list.complete) {
    in.error(list, key, "is empty; name the program, and its arguments if it has any");
  } else if (list.children.size() > most_arguments) {
    in.error(list, key, "names more than 256 arguments");
    return {};
  }
  std::vector<std::string> texts;
  for (const auto& each : *given) {
    texts.push_back(each.text);
  }
  return texts.size() == list.children.size() ? texts : std::vector<std::string>{};
}

void read_command(const section& in, std::string_view key, std::vector<std::string>& target) {
  const auto texts = read_texts(in, key);
  if (texts.empty()) {
    return;
  }
  const node& list = *in.find(key);
  if (!texts.front().starts_with('/') || texts.front().find_first_of("{}") != std::string::npos) {
    in.error(list.children.front(), key,
             "must begin with the absolute path of the program, without placeholders");
    return;
  }
  for (std::size_t at = 1; at < texts.size(); ++at) {
    if (const auto trouble = argument_trouble(texts[at]); !trouble.empty()) {
      in.error(list.children[at], key, trouble);
      return;
    }
  }
  target = texts;
}

/// Reports the first argument of a hook that has a placeholder which means nothing there.
bool judge_hook_arguments(const section& hook, const std::vector<std::string>& command) {
  const node& list = *hook.find("command");
  for (std::size_t at = 0; at < command.size(); ++at) {
    const auto parsed = parse_template(command[at], template_use::hook);
    if (const auto* wrong = std::get_if<template_error>(&parsed)) {
      hook.error(list.children[at], "command",
                 "has an argument with an error at byte " + std::to_string(wrong->offset + 1) +
                     ", " + wrong->sentence);
      return false;
    }
    if (at == 0 && has_placeholder(std::get<std::vector<template_part>>(parsed))) {
      hook.error(list.children[at], "command", "must name one program, without placeholders");
      return false;
    }
  }
  return true;
}

}  // namespace

sink read_exec_sink(const node& value, const std::string& name, reading& from) {
  const section in{value, "sinks." + name, keys::exec_sink, from};
  static constexpr std::array inputs{word<exec_input>{"raw", exec_input::raw},
                                     word<exec_input>{"json", exec_input::json}};
  sink made;
  made.name = name;
  exec_sink_settings exec;
  static_cast<void>(in.require("command"));
  read_command(in, "command", exec.command);
  in.read("input", exec.input, inputs);
  in.read("timeout", exec.timeout, 1s, 1h);
  read_command(in, "inspect", exec.inspect);
  in.read("inspect_interval", exec.inspect_interval, 1s, longest_interval);
  if (in.find("inspect_interval") != nullptr && in.find("inspect") == nullptr) {
    in.error(*in.find("inspect_interval"), "inspect_interval", "needs `inspect`");
  }
  read_shared_sink_keys(in, from, made);
  if (made.removal == on_remove::erase) {
    in.error(*in.find("on_remove"), "on_remove",
             "cannot be `delete` for an exec sink, because tokensyncd cannot take a token back "
             "from a program; use `keep`");
    made.removal = on_remove::keep;
  }
  made.kind = std::move(exec);
  return made;
}

void read_hook(const section& in, reading& from, sink& target) {
  const node* value = in.find("on_change");
  if (value == nullptr) {
    return;
  }
  const section hook{*value, in.full("on_change"), keys::on_change, from};
  if (value->kind != node_kind::mapping) {
    return;
  }
  hook_settings made;
  static_cast<void>(hook.require("command"));
  made.command = read_texts(hook, "command");
  const bool relative = !made.command.empty() && !made.command.front().starts_with('/') &&
                        made.command.front().find('/') != std::string::npos;
  if (relative) {
    hook.error(*hook.find("command"), "command",
               "must begin with an absolute path, or with a name without a slash, which is "
               "searched for in /usr/local/sbin to /bin");
  }
  hook.read("timeout", made.timeout, 1s, 1h);
  hook.read("debounce", made.debounce, 0ms, 1h);
  if (!made.command.empty() && !relative && judge_hook_arguments(hook, made.command)) {
    target.on_change = std::move(made);
  }
}

}  // namespace tokensyncd::config
