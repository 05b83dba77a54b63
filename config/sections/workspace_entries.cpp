#include "config/sections/workspace_entries.hpp"

#include <algorithm>
#include <utility>

#include "config/sections/sections.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::size_t longest_id = 255;

}  // namespace

entry_settings read_entry_settings(const section& in, reading& from, settings_of whose) {
  entry_settings one;
  if (in.find("interval") != nullptr) {
    milliseconds interval{0};
    in.read("interval", interval, shortest_interval, longest_interval);
    one.interval = interval;
  }
  if (in.find("required") != nullptr) {
    bool required = true;
    in.read("required", required);
    one.required = required;
  }
  if (auto names = in.items("sinks")) {
    auto& sinks = one.sinks.emplace();
    for (list_item& name : *names) {
      sinks.push_back(std::move(name.text));
    }
    std::ranges::sort(sinks);
  }
  one.own_labels = in.label_map("labels").value_or(labels{});
  one.rotation = read_rotation(in, from, whose);
  return one;
}

void workspace_entries::add(const node& entry, reading& from, std::uint32_t file) {
  const section in{entry, "workspaces[]", keys::workspace, from};
  (void)in.require("id");
  auto id = in.any_text("id");
  if (id && id->size() > longest_id) {
    in.error(*in.find("id"), "id", "is longer than 255 bytes");
    id.reset();
  }
  entry_settings own = read_entry_settings(in, from, settings_of::workspace);
  if (id) {
    const entry_place at{file, entry.at};
    all.push_back({*std::move(id), intern(std::move(own), at), at});
  }
}

std::uint32_t workspace_entries::intern(entry_settings&& one, const entry_place& at) {
  const auto next = static_cast<std::uint32_t>(settings.size());
  const auto [found, is_new] = known_.try_emplace(std::move(one), next);
  if (is_new) {
    settings.push_back({found->first, at, 0});
  }
  ++settings[found->second].count;
  return found->second;
}

}  // namespace tokensyncd::config
