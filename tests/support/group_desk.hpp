#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/sink_desk.hpp"

namespace tokensyncd::tests {

/// A sink that writes one file for three workspaces, and what the ledger has of them.
struct group_desk : sink_desk {
  explicit group_desk(sinks::system_calls* system = nullptr) : sink_desk(system) {
    settings.path = (directory / "tokens.map").string();
    settings.format = config::file_format::text_template;
    settings.text_template = "{workspace} {token};\n";
    settings.mode = 0640;
    settings.grouping = config::file_grouping{"", "map {\n", "", "}\n"};
    sink = make();
  }

  [[nodiscard]] std::filesystem::path map() const { return directory / "tokens.map"; }
  [[nodiscard]] sync::target target_of(const std::string& workspace) {
    return {workspace, labels_of[workspace]};
  }
  std::vector<sync::sink_member> members() {
    std::vector<sync::sink_member> all;
    for (const auto& [workspace, may_come] : group)
      all.push_back({workspace, &labels_of[workspace], may_come, failing.contains(workspace)});
    return all;
  }

  result<sync::delivered> deliver(const std::string& workspace, const std::string& token) {
    time.advance(std::chrono::milliseconds{200});  // who belongs to the group is asked again
    const revision what{1, prints.of(token), rotated};
    const secret value{token};
    sync::delivery_request order{target_of(workspace), what, value};
    if (recorded.contains(workspace)) order.present = recorded[workspace];
    order.uncertain = &uncertain;
    order.members = [this] { return members(); };
    order.others = others;
    auto outcome = run_task(loop, sink->deliver(order));
    if (outcome) recorded[workspace] = {what.token, outcome->tag};
    return outcome;
  }
  void deliver_all() {
    for (const auto& [workspace, may_come] : group)
      static_cast<void>(deliver(workspace, workspace + "1"));
    for (const auto& [workspace, may_come] : group)
      static_cast<void>(deliver(workspace, workspace + "1"));
  }
  /// Those whose entries a look finds to be others than recorded.
  std::vector<std::string> drifted() {
    std::vector<sync::inspection> questions;
    for (const auto& [workspace, known] : recorded)
      questions.push_back({{workspace, labels_of[workspace]}, known.tag, 1});
    run_task(loop, sink->inspect(questions));
    std::vector<std::string> found;
    for (const auto& each : questions)
      if (each.seen == sync::destination_state::drifted) found.emplace_back(each.whom.workspace);
    return found;
  }
  result<void> withdraw(const std::string& workspace) {
    group.erase(workspace);
    return run_task(loop, sink->withdraw(target_of(workspace), recorded[workspace].tag));
  }
  void put(const std::string& text) { std::ofstream{map(), std::ios::binary} << text; }

  std::map<std::string, bool> group{
      {"acme", true}, {"bolt", true}, {"corp", true}};  ///< who, and `may_come`
  std::set<std::string> failing;
  std::map<std::string, config::labels> labels_of;
  std::map<std::string, sync::recorded> recorded;
  sync::etag_search others{};
  std::unique_ptr<sync::sink> sink;
  static constexpr const char* all_three = "map {\nacme acme1;\nbolt bolt1;\ncorp corp1;\n}\n";
};

}  // namespace tokensyncd::tests
