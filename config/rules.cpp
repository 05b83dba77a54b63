#include "config/rules.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "config/nearest_name.hpp"
#include "config/text_template.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::size_t longest_name = 255;    // NAME_MAX
constexpr std::size_t longest_path = 4'095;  // PATH_MAX, less its end

using parts = std::vector<template_part>;

parts parts_of(std::string_view text, template_use use) {
  auto parsed = parse_template(text, use);
  auto* found = std::get_if<parts>(&parsed);
  return found != nullptr ? std::move(*found) : parts{};
}

/// A sink's templates, parsed once for all workspaces.
struct prepared_sink {
  const sink* settings = nullptr;
  parts path;
  std::vector<std::string> needed_labels;
};

prepared_sink prepare(const sink& one) {
  prepared_sink made{&one, {}, {}};
  const auto take_labels = [&made](const parts& from) {
    for (const template_part& part : from) {
      if (part.what == placeholder::label) {
        made.needed_labels.push_back(part.text);
      }
    }
  };
  if (const auto* exec = std::get_if<exec_sink_settings>(&one.kind)) {
    for (const auto* command : {&exec->command, &exec->inspect}) {
      for (const std::string& each : *command) {
        take_labels(parts_of(each, template_use::path));
      }
    }
  } else {
    const auto& file = std::get<file_sink_settings>(one.kind);
    made.path = parts_of(file.path, template_use::path);
    take_labels(made.path);
    take_labels(parts_of(file.text_template, template_use::content));
  }
  std::ranges::sort(made.needed_labels);
  const auto repeated = std::ranges::unique(made.needed_labels);
  made.needed_labels.erase(repeated.begin(), repeated.end());
  return made;
}

std::string in_sink(const prepared_sink& one) {
  return "the path of sink `" + one.settings->name + "`";
}

/// What a value does to a path that it must not; empty where nothing.
std::string_view value_trouble(std::string_view value) {
  return value.find('/') != std::string_view::npos ? "holds a slash and would leave its directory"
                                                   : "";
}

/// Judges the expanded path's components; those without a placeholder were normalized before.
std::string_view path_trouble(std::string_view path) {
  if (path.size() > longest_path) {
    return "is longer than 4,095 bytes";
  }
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash: the path is absolute
    const std::string_view name = path.substr(0, path.find('/'));
    if (name.empty() || name == "." || name == "..") {
      return "would leave its directory: a name in it is empty, `.` or `..`";
    }
    if (name.size() > longest_name) {
      return "has a name of more than 255 bytes";
    }
    path.remove_prefix(name.size());
  }
  return {};
}

/// Finds who writes the same place: paths are kept as hashes, as 100,000 long ones would be many
/// megabytes; only where two are equal the paths themselves are compared.
class writers {
 public:
  struct writer {
    std::uint64_t hash;
    std::uint32_t workspace;
    std::uint16_t sink;
  };

  void add(std::string_view path, std::size_t workspace, std::uint16_t sink) {
    all_.push_back(
        {std::hash<std::string_view>{}(path), static_cast<std::uint32_t>(workspace), sink});
  }

  /// Calls `report(first, second)` for each writer whose place has one before it.
  template <class PathOf, class Report>
  void each_conflict(const PathOf& path_of, const Report& report) {
    std::ranges::sort(
        all_, {}, [](const writer& one) { return std::tuple{one.hash, one.workspace, one.sink}; });
    for (std::size_t at = 1; at < all_.size(); ++at) {
      if (all_[at - 1].hash == all_[at].hash && path_of(all_[at - 1]) == path_of(all_[at])) {
        report(all_[at - 1], all_[at]);
      }
    }
  }

 private:
  std::vector<writer> all_;
};

class place_check {
 public:
  place_check(const configuration& all, const std::vector<entry_place>& places,
              std::deque<file_problems>& files)
      : all_(all), places_(places), files_(files) {
    for (const sink& one : all.sinks) {
      sinks_.push_back(prepare(one));
    }
    for (const auto& [file, key] : own_files(all)) {
      if (!file.empty()) {
        reserved_.emplace_back(file.string(), key);
      }
    }
    std::ranges::sort(reserved_);
  }

  void run() {
    for (std::size_t at = 0; at < all_.workspaces.size(); ++at) {
      const workspace_profile& profile = all_.profiles[all_.workspaces[at].profile];
      for (const std::uint16_t index : profile.sinks) {
        judge(at, index, profile.workspace_labels);
      }
    }
    report_conflicts();
  }

 private:
  static std::vector<std::pair<std::filesystem::path, std::string_view>> own_files(
      const configuration& all) {
    return {{all.file, "this configuration"},
            {all.partner.secret_file, "`partner.secret_file`"},
            {all.partner.previous_secret_file, "`partner.previous_secret_file`"},
            {all.partner.proxy_auth_file, "`partner.proxy_auth_file`"},
            {all.partner.tls.ca_file, "`partner.tls.ca_file`"},
            {all.admin.socket, "`admin.socket`"},
            {all.state.in_memory ? std::filesystem::path{} : all.state.file, "`state.file`"},
            {all.audit.file, "`audit.file`"}};
  }

  void judge(std::size_t at, std::uint16_t index, const labels& own) {
    const prepared_sink& one = sinks_[index];
    for (const std::string& name : one.needed_labels) {
      if (!find_label(own, name)) {
        report(at,
               "lacks the label `" + name + "`, which the sink `" + one.settings->name + "` needs");
        return;
      }
    }
    if (one.path.empty()) {
      return;  // refused already, or a sink whose places are its workspaces
    }
    for (const template_part& part : one.path) {
      const std::string_view value = part.what == placeholder::workspace ? all_.workspaces[at].id
                                     : part.what == placeholder::label ? *find_label(own, part.text)
                                                                       : std::string_view{};
      if (const auto trouble = value_trouble(value); !trouble.empty()) {
        const std::string what =
            part.what == placeholder::label ? "label `" + part.text + "`" : "id";
        report(at,
               "has a problem with " + in_sink(one) + ": its " + what + " " + std::string{trouble});
        return;
      }
    }
    const std::string path = expand_path(one.path, all_.workspaces[at].id, own);
    if (const auto trouble = path_trouble(path); !trouble.empty()) {
      report(at, "has a problem: " + in_sink(one) + " " + std::string{trouble});
      return;
    }
    const auto reserved = std::ranges::lower_bound(
        reserved_, path, {}, &std::pair<std::string, std::string_view>::first);
    if (reserved != reserved_.end() && reserved->first == path) {
      report(at, "would overwrite " + std::string{reserved->second} + " by " + in_sink(one));
      return;
    }
    writers_.add(path, at, index);
  }

  void report_conflicts() {
    const auto path_of = [&](const writers::writer& one) {
      const workspace& owner = all_.workspaces[one.workspace];
      return expand_path(sinks_[one.sink].path, owner.id,
                         all_.profiles[owner.profile].workspace_labels);
    };
    writers_.each_conflict(
        path_of, [&](const writers::writer& first, const writers::writer& second) {
          report(second.workspace, "would write the same place by " + in_sink(sinks_[second.sink]) +
                                       " as the workspace `" +
                                       printable(all_.workspaces[first.workspace].id) +
                                       "` by the sink `" + sinks_[first.sink].settings->name +
                                       "`; put {workspace} into the path");
        });
  }

  void report(std::size_t at, const std::string& clause) {
    const entry_place& where = places_[at];
    files_[where.file].error(where.at,
                             "the workspace `" + printable(all_.workspaces[at].id) + "` " + clause);
  }

  const configuration& all_;
  const std::vector<entry_place>& places_;
  std::deque<file_problems>& files_;
  std::vector<prepared_sink> sinks_;
  std::vector<std::pair<std::string, std::string_view>> reserved_;
  writers writers_;
};

}  // namespace

void check_places(const configuration& all, const std::vector<entry_place>& places,
                  std::deque<file_problems>& files) {
  place_check{all, places, files}.run();
}

}  // namespace tokensyncd::config
