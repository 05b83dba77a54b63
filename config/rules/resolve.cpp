#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "config/rules/rules.hpp"
#include "config/yaml/nearest_name.hpp"

namespace tokensyncd::config {
namespace {

struct by_content {
  bool operator()(const workspace_profile& left, const workspace_profile& right) const {
    const auto content = [](const workspace_profile& one) {
      return std::tie(one.interval, one.required, one.sinks, one.workspace_labels, one.rotation);
    };
    return content(left) < content(right);
  }
};

labels merged(const labels& defaults, const labels& own) {
  labels all = own;
  for (const auto& label : defaults) {
    if (!std::ranges::binary_search(own, label.first, {}, &labels::value_type::first)) {
      all.push_back(label);
    }
  }
  std::ranges::sort(all);
  return all;
}

std::string others(std::uint32_t count) {
  return count > 1
             ? " (and " + std::to_string(count - 1) + " more workspaces with the same settings)"
             : "";
}

class resolver {
 public:
  resolver(rule_input& input, configuration& target) : input_(input), target_(target) {
    for (const sink& one : target.sinks) {
      names_.push_back(one.name);
    }
    default_sinks_ = sinks_of_defaults();
  }

  workspace_profile profile_of(const shared_settings& shared) {
    const entry_settings& own = shared.settings;
    const entry_settings& defaults = input_.defaults;
    workspace_profile made;
    made.interval = own.interval.value_or(defaults.interval.value_or(target_.poll.interval));
    made.required = own.required.value_or(defaults.required.value_or(true));
    made.workspace_labels = merged(defaults.own_labels, own.own_labels);
    const auto report = [&](std::string sentence) {
      input_.files[shared.first.file].error(shared.first.at,
                                            std::move(sentence) + others(shared.count));
    };
    made.rotation = policy_of(own.rotation, defaults.rotation);
    if (made.rotation && target_.state.in_memory) {
      report(
          "`rotation` needs a state that outlasts a restart, else each one would rotate anew; "
          "set `state.type` to sqlite");
    }
    if (has_no_age(own.rotation, defaults.rotation)) {
      report(
          "`rotation` has no `max_age`, so nothing is rotated; set it there or in "
          "`workspace_defaults.rotation` (`never` for none)");
    }
    if (own.sinks) {
      made.sinks = indices(*own.sinks, "`workspaces[].sinks`", report);
      if (own.sinks->empty()) {
        report(
            "`workspaces[].sinks` is empty, so this workspace's token would be delivered nowhere; "
            "name a sink");
      }
    } else if (default_sinks_) {
      made.sinks = *default_sinks_;
    } else if (!names_.empty()) {
      report(
          "this workspace names no sink, but there is more than one; set its `sinks`, or "
          "`workspace_defaults.sinks`");
    }
    return made;
  }

 private:
  template <class Report>
  std::vector<std::uint16_t> indices(const std::vector<std::string>& sinks, const std::string& key,
                                     const Report& report) {
    std::vector<std::uint16_t> found;
    if (names_.empty()) {
      return found;  // that there is no sink at all is reported once
    }
    for (const std::string& name : sinks) {
      const auto at = std::ranges::lower_bound(names_, std::string_view{name});
      if (at != names_.end() && *at == name) {
        found.push_back(static_cast<std::uint16_t>(at - names_.begin()));
      } else {
        report(key + " names the sink `" + printable(name) + "`, which does not exist" +
               did_you_mean(name, names_));
      }
    }
    std::ranges::sort(found);
    return found;
  }

  std::optional<std::vector<std::uint16_t>> sinks_of_defaults() {
    if (input_.defaults.sinks) {
      return indices(*input_.defaults.sinks, "`workspace_defaults.sinks`",
                     [&](std::string sentence) {
                       input_.files[0].error(input_.defaults_at, std::move(sentence));
                     });
    }
    return names_.size() == 1 ? std::optional{std::vector<std::uint16_t>{0}} : std::nullopt;
  }

  rule_input& input_;
  configuration& target_;
  std::vector<std::string_view> names_;
  std::optional<std::vector<std::uint16_t>> default_sinks_;
};

std::string text_of(const file_problems& file, place at) {
  return file.file().filename().string() + ":" + std::to_string(at.line);
}

}  // namespace

std::vector<entry_place> resolve_workspaces(rule_input& input, configuration& target) {
  resolver profiles{input, target};
  std::map<workspace_profile, std::uint32_t, by_content> known;
  std::vector<std::uint32_t> final_profile;
  for (const shared_settings& shared : input.entries.settings) {
    const auto next = static_cast<std::uint32_t>(target.profiles.size());
    const auto [found, is_new] = known.try_emplace(profiles.profile_of(shared), next);
    if (is_new) {
      target.profiles.push_back(found->first);
    }
    final_profile.push_back(found->second);
  }
  auto& entries = input.entries.all;
  // By place as well: of two with one id the later in the files is the duplicate.
  std::ranges::sort(entries, {}, [](const workspace_entry& one) {
    return std::tie(one.id, one.at.file, one.at.at.line, one.at.at.column);
  });
  std::vector<entry_place> places;
  places.reserve(entries.size());
  target.workspaces.reserve(entries.size());
  for (workspace_entry& entry : entries) {
    if (!target.workspaces.empty() && target.workspaces.back().id == entry.id) {
      const entry_place& first = places.back();
      input.files[entry.at.file].error(entry.at.at, "the workspace `" + printable(entry.id) +
                                                        "` is listed twice, first at " +
                                                        text_of(input.files[first.file], first.at));
      continue;
    }
    target.workspaces.push_back({std::move(entry.id), final_profile[entry.settings]});
    places.push_back(entry.at);
  }
  return places;
}

}  // namespace tokensyncd::config
