#include "config/rules/prepared_sink.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace tokensyncd::config {
namespace {

constexpr std::size_t longest_name = 255;    // NAME_MAX
constexpr std::size_t longest_path = 4'095;  // PATH_MAX, less its end
constexpr std::size_t longest_vault_path = 1'024;

using parts = std::vector<template_part>;

parts parts_of(std::string_view text, template_use use) {
  auto parsed = parse_template(text, use);
  auto* found = std::get_if<parts>(&parsed);
  return found != nullptr ? std::move(*found) : parts{};
}

class preparation {
 public:
  explicit preparation(prepared_sink& target) : target_(target) {}

  void operator()(const file_sink_settings& file) const {
    take_path(file.path);
    target_.limits = {longest_path, longest_name};
    parts content = parts_of(file.text_template, template_use::content);
    take_labels(content);
    if (file.grouping) {
      target_.entry = std::move(content);
    }
  }

  void operator()(const vault_sink_settings& vault) const {
    if (vault.path.empty()) {
      return;  // refused already
    }
    take_path(vault.path);
    target_.limits = {longest_vault_path, longest_vault_path};
    target_.before = "vault:" + vault.addresses.front() + "/v1/" +
                     (vault.name_space.empty() ? "" : vault.name_space + "/") + vault.mount + "/";
    for (const auto& [name, text] : vault.data) {
      take_labels(parts_of(text, template_use::content));
    }
  }

  /// Its places are its workspaces.
  void operator()(const exec_sink_settings& exec) const {
    take_labels(exec.command, template_use::path);
    take_labels(exec.inspect, template_use::path);
  }

  void take_labels(const std::vector<std::string>& command, template_use use) const {
    for (const std::string& each : command) {
      take_labels(parts_of(each, use));
    }
  }

 private:
  void take_path(std::string_view text) const {
    target_.path = parts_of(text, template_use::path);
    take_labels(target_.path);
  }

  void take_labels(const parts& from) const {
    for (const template_part& part : from) {
      if (part.what == placeholder::label) {
        target_.needed_labels.push_back(part.text);
      }
    }
  }

  prepared_sink& target_;
};

}  // namespace

prepared_sink prepare(const sink& one) {
  prepared_sink made{.settings = &one};
  const preparation take{made};
  std::visit(take, one.kind);
  if (one.on_change) {
    take.take_labels(one.on_change->command, template_use::hook);
  }
  std::ranges::sort(made.needed_labels);
  const auto repeated = std::ranges::unique(made.needed_labels);
  made.needed_labels.erase(repeated.begin(), repeated.end());
  return made;
}

std::string_view value_trouble(std::string_view value) {
  return value.find('/') != std::string_view::npos
             ? "holds a slash, so the path would leave its directory"
             : "";
}

std::string path_trouble(std::string_view path, const path_limits& limits) {
  if (path.size() > limits.path) {
    return "is longer than " + std::string{limits.path == longest_path ? "4,095" : "1,024"} +
           " bytes";
  }
  while (!path.empty()) {
    if (path.starts_with('/')) {
      path.remove_prefix(1);
    }
    const std::string_view name = path.substr(0, path.find('/'));
    if (name.empty() || name == "." || name == "..") {
      return "would leave its directory, because a name in it is empty, `.` or `..`";
    }
    if (name.size() > limits.name) {
      return "has a name of more than 255 bytes";
    }
    path.remove_prefix(name.size());
  }
  return {};
}

}  // namespace tokensyncd::config
