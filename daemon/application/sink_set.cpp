#include "daemon/application/sink_set.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

namespace tokensyncd {

namespace {

bool would_be_made_alike(const made_sink& running, const config::sink& wanted,
                         const std::string& partner) {
  return running.settings.kind == wanted.kind && running.partner == partner;
}

}  // namespace

std::vector<made_sink> succeed_sinks(const std::vector<made_sink>& running,
                                     const config::configuration& next, const sink_maker& make) {
  std::vector<made_sink> made(next.sinks.size());
  std::set<const sync::sink*> taken;
  enum class names : std::uint8_t { equal, any };
  const auto take_over = [&](names wanted_names) {
    for (std::size_t i = 0; i != made.size(); ++i) {
      const auto& wanted = next.sinks[i];
      const auto fits = [&](const made_sink& each) {
        return (each.settings.name == wanted.name || wanted_names == names::any) &&
               would_be_made_alike(each, wanted, next.partner.id) &&
               !taken.contains(each.writer.get());
      };
      const auto found = std::find_if(running.begin(), running.end(), fits);
      if (made[i].writer == nullptr && found != running.end()) {
        made[i] = {wanted, next.partner.id, found->writer, found->known_as};
        taken.insert(found->writer.get());
      }
    }
  };
  take_over(names::equal);
  take_over(names::any);
  for (std::size_t i = 0; i != made.size(); ++i) {
    if (made[i].writer == nullptr) {
      const auto& wanted = next.sinks[i];
      auto name = std::make_shared<std::string>(wanted.name);
      auto writer = make(wanted, name);
      made[i] = {wanted, next.partner.id, std::move(writer), std::move(name)};
    }
  }
  return made;
}

void rename_sinks(const std::vector<made_sink>& sinks) {
  for (const auto& each : sinks) {
    *each.known_as = each.settings.name;
  }
}

}  // namespace tokensyncd
