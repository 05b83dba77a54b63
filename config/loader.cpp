#include "config/loader.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <set>
#include <utility>
#include <variant>

#include "config/rules/file_checks.hpp"
#include "config/rules/listeners.hpp"
#include "config/rules/rules.hpp"
#include "config/sections/sections.hpp"
#include "config/sections/workspace_entries.hpp"
#include "config/sections/workspace_files.hpp"
#include "config/yaml/document.hpp"
#include "config/yaml/nearest_name.hpp"
#include "config/yaml/problems.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::size_t largest_file = std::size_t{64} * 1024 * 1024;

class loading {
 public:
  loading(const std::filesystem::path& file, const environment& env)
      : env_([this, &env](std::string_view name) { return look_up(name, env); }) {
    target_.file = std::filesystem::absolute(file).lexically_normal();
    files_.emplace_back(file);
  }

  loaded run() {
    auto bytes = read_file(target_.file, largest_file);
    if (const auto* wrong = std::get_if<read_error>(&bytes)) {
      files_[0].error({}, wrong->clause);
      return finish();
    }
    return run(std::get<std::string>(std::move(bytes)));
  }

  loaded run(std::string text) {
    read_main(std::move(text));
    return finish();
  }

 private:
  void read_main(std::string text) {
    reading from{files_[0], env_, target_.file.parent_path()};
    const auto on_entry = [&](const node& entry) { entries_.add(entry, from, 0); };
    const auto root =
        parse_document(std::move(text), entries_at::workspaces_key, on_entry, files_[0]);
    if (!root || root->kind == node_kind::nothing) {
      files_[0].error({}, "is empty; it must hold a configuration");
      return;
    }
    const section in{*root, "", keys::root, from};
    read_version(in);
    read_sections(in, from);
    read_workspace_files(in);
    const node* list = in.find("workspaces");
    if (list == nullptr && in.find("workspace_files") == nullptr) {
      in.missing("workspaces", "; list them here, or in files that `workspace_files` names");
    }
    if (list != nullptr && list->kind != node_kind::sequence) {
      in.error(*list, "workspaces", "must be a list (`- id: NAME`)");
    }
    if (entries_.all.empty() && !any_errors()) {
      files_[0].warning(root->at, "no workspace is configured, so tokensyncd has nothing to do");
    }
    // What a syntax error cut off would be missed by every rule.
    if (root->complete) {
      apply_rules(in, from);
    }
  }

  static void read_version(const section& in) {
    (void)in.require("version");
    unsigned version = 1;
    in.read("version", version, 1, 1);
  }

  void read_sections(const section& in, reading& from) {
    const auto optional = [&](std::string_view key, auto reader, auto& into) {
      if (const node* value = in.find(key)) {
        reader(*value, from, into);
      }
    };
    (void)in.require("partner");
    (void)in.require("sinks");
    optional("partner", read_partner, target_.partner);
    optional("poll", read_poll, target_.poll);
    optional("sinks", read_sinks, target_.sinks);
    optional("webhook", read_webhook, target_.webhook);
    optional("admin", read_admin, target_.admin);
    optional("state", read_state, target_.state);
    optional("audit", read_audit, target_.audit);
    optional("log", read_log, target_.log);
    optional("metrics", read_metrics, target_.metrics);
    check_listeners(in);
  }

  void check_listeners(const section& in) const {
    const listeners made = listeners_of(target_.admin, target_.webhook);
    const auto check = [&in](const char* key, const std::vector<listener>& list) {
      const auto found = overlap_in(list);
      if (found && in.find(key) != nullptr) {
        in.error(*in.find(key), key,
                 "listens on " + found->first + " and on " + found->second +
                     ", which cannot both be bound; remove one, or give it another port");
      }
      return found.has_value();
    };
    const bool is_wrong = check("admin", made.admin) || check("webhook", made.webhook);
    std::vector<listener> both = made.webhook;
    both.insert(both.end(), made.admin.begin(), made.admin.end());
    const auto shared = is_wrong ? std::nullopt : overlap_in(both);
    if (shared && in.find("webhook") != nullptr) {
      const std::string as = shared->first == shared->second ? "" : " on " + shared->second;
      in.error(*in.find("webhook"), "webhook",
               "listens on " + shared->first + ", which clashes with `admin`" + as +
                   "; give each a different port");
    }
  }

  void read_workspace_files(const section& in) {
    const auto patterns = in.items("workspace_files");
    if (!patterns) {
      return;
    }
    std::set<std::filesystem::path> seen;
    for (const auto& [value, text] : *patterns) {
      const auto pattern = (target_.file.parent_path() / text).lexically_normal();
      if (has_wildcard_directory(pattern) || !pattern.has_filename()) {
        in.error(*value, "workspace_files",
                 "may have wildcards in the file's name only, such as workspaces.d/*.yaml");
        continue;
      }
      target_.workspace_files.push_back(pattern.string());
      // Before they are read: who changes one meanwhile is noticed by the next look.
      const auto found = stamps_of({&target_.workspace_files.back(), 1});
      if (found.empty()) {
        files_[0].warning(value->at, "`workspace_files`: no file matches " + pattern.string());
      }
      for (const auto& stamp : found) {
        if (seen.insert(stamp.file).second) {
          read_workspace_file(stamp.file);
        }
      }
      target_.workspace_stamps.insert(target_.workspace_stamps.end(), found.begin(), found.end());
    }
  }

  void read_workspace_file(const std::filesystem::path& file) {
    const auto number = static_cast<std::uint32_t>(files_.size());
    file_problems& problems = files_.emplace_back(file);
    auto bytes = read_file(file, largest_file);
    if (const auto* wrong = std::get_if<read_error>(&bytes)) {
      problems.error({}, wrong->clause);
      return;
    }
    reading from{problems, env_, file.parent_path()};
    const auto on_entry = [&](const node& entry) { entries_.add(entry, from, number); };
    const auto root = parse_document(std::get<std::string>(std::move(bytes)), entries_at::root,
                                     on_entry, problems);
    if (!root || root->kind == node_kind::nothing) {
      problems.error({}, "is empty; write [] to list no workspace");
    } else if (root->kind != node_kind::sequence && root->kind != node_kind::refused) {
      problems.error(root->at, "must be a list of workspaces (`- id: NAME`)");
    }
  }

  void apply_rules(const section& in, reading& from) {
    entry_settings defaults;
    place defaults_at;
    if (const node* value = in.find("workspace_defaults")) {
      const section of_defaults{*value, "workspace_defaults", keys::workspace_defaults, from};
      defaults = read_entry_settings(of_defaults, from, settings_of::defaults);
      defaults_at = value->at;
    }
    rule_input input{defaults, defaults_at, entries_, files_};
    const auto places = resolve_workspaces(input, target_);
    check_places(target_, places, files_);
  }

  [[nodiscard]] bool any_errors() const {
    return std::ranges::any_of(files_, &file_problems::has_errors);
  }

  loaded finish() {
    loaded outcome;
    const bool failed = any_errors();
    outcome.control_socket = target_.admin.socket;
    for (file_problems& one : files_) {
      one.move_to(outcome.errors, outcome.warnings);
    }
    for (auto* problems : {&outcome.errors, &outcome.warnings}) {
      for (problem& each : *problems) {
        each.sentence = without_values(std::move(each.sentence), variables_);
      }
    }
    outcome.from_environment = std::move(variables_);
    if (!failed) {
      outcome.value = std::move(target_);
    }
    return outcome;
  }

  /// Used in the text that is read now, so what it says is never shown.
  std::optional<std::string> look_up(std::string_view name, const environment& env) {
    auto value = env(name);
    if (value) {
      note_variable(name, *value, variables_);
      note_variable(name, printable(*value), variables_);
    }
    return value;
  }

  const environment env_;
  variables variables_;
  configuration target_;
  workspace_entries entries_;
  std::deque<file_problems> files_;
};

}  // namespace

loaded load(const std::filesystem::path& file, const environment& env) {
  return loading{file, env}.run();
}

loaded load_text(std::string text, const std::filesystem::path& file, const environment& env) {
  return loading{file, env}.run(std::move(text));
}

}  // namespace tokensyncd::config
