#include "config/rules/rules.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "config/rules/group_rules.hpp"
#include "config/rules/own_files.hpp"
#include "config/rules/prepared_sink.hpp"
#include "config/text_template.hpp"
#include "config/yaml/nearest_name.hpp"

namespace tokensyncd::config {
namespace {

std::string in_sink(const prepared_sink& one) {
  return "the path of sink `" + one.settings->name + "`";
}

/// Finds who writes the same place: places are kept as hashes, as 100,000 long ones would be many
/// megabytes; only where two are equal the places themselves are compared.
class writers {
 public:
  struct writer {
    std::uint64_t hash;
    std::uint32_t workspace;
    std::uint16_t sink;
  };

  void add(std::string_view place, std::size_t workspace, std::uint16_t sink) {
    all_.push_back(
        {std::hash<std::string_view>{}(place), static_cast<std::uint32_t>(workspace), sink});
  }

  /// Calls `report(first, second)` for each writer whose place has one before it.
  template <class PlaceOf, class Report>
  void each_conflict(const PlaceOf& place_of, const Report& report) {
    std::ranges::sort(
        all_, {}, [](const writer& one) { return std::tuple{one.hash, one.workspace, one.sink}; });
    for (std::size_t at = 1; at < all_.size(); ++at) {
      if (all_[at - 1].hash == all_[at].hash && place_of(all_[at - 1]) == place_of(all_[at])) {
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
    for (const own_file& own : own_files(all)) {
      if (own.is_pattern) {
        patterns_.push_back(own);
      } else {
        reserved_.emplace_back(own.file.string(), own.who);
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
  void judge(std::size_t at, std::uint16_t index, const labels& own) {
    prepared_sink& one = sinks_[index];
    for (const std::string& name : one.needed_labels) {
      if (!find_label(own, name)) {
        report(at,
               "lacks the label `" + name + "`, which the sink `" + one.settings->name + "` needs");
        return;
      }
    }
    if (one.path.empty()) {
      return;  // refused already, or there is none
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
    if (const auto trouble = path_trouble(path, one.limits); !trouble.empty()) {
      report(at, "has a problem: " + in_sink(one) + " " + trouble);
      return;
    }
    const std::string place = one.before + path;
    if (const auto who = owner_of(place); !who.empty()) {
      report(at, "would overwrite " + who + " through " + in_sink(one));
      return;
    }
    if (one.entry.empty() || one.shared_files.insert(place).second) {
      writers_.add(place, at, index);
    }
    if (const auto beside = ambiguous_beside(all_.workspaces[at].id, one.entry); !beside.empty()) {
      report(at, "cannot be told from another one in the file of sink `" + one.settings->name +
                     "`: its id contains `" + printable(beside) +
                     "`, which stands beside {workspace} in `template`; write {workspace|json}");
    }
  }

  /// Which file of the daemon's own a place is; empty where it is none.
  [[nodiscard]] std::string owner_of(const std::string& place) const {
    const auto reserved =
        std::ranges::lower_bound(reserved_, place, {}, &std::pair<std::string, std::string>::first);
    if (reserved != reserved_.end() && reserved->first == place) {
      return reserved->second;
    }
    const auto pattern = std::ranges::find_if(
        patterns_, [&place](const own_file& own) { return names_file(own, place); });
    return pattern != patterns_.end() ? pattern->who : std::string{};
  }

  void report_conflicts() {
    const auto place_of = [&](const writers::writer& one) {
      const workspace& owner = all_.workspaces[one.workspace];
      const prepared_sink& by = sinks_[one.sink];
      return by.before +
             expand_path(by.path, owner.id, all_.profiles[owner.profile].workspace_labels);
    };
    writers_.each_conflict(
        place_of, [&](const writers::writer& first, const writers::writer& second) {
          report(second.workspace, "would write the same destination through " +
                                       in_sink(sinks_[second.sink]) + " as the workspace `" +
                                       printable(all_.workspaces[first.workspace].id) +
                                       "` through the sink `" + sinks_[first.sink].settings->name +
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
  std::vector<std::pair<std::string, std::string>> reserved_;
  std::vector<own_file> patterns_;
  writers writers_;
};

}  // namespace

void check_places(const configuration& all, const std::vector<entry_place>& places,
                  std::deque<file_problems>& files) {
  place_check{all, places, files}.run();
}

}  // namespace tokensyncd::config
