#include "daemon/commands/check/check_places.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "config/rules/listeners.hpp"
#include "daemon/application/certificate_watch.hpp"
#include "daemon/application/opening_watch.hpp"
#include "daemon/application/own_clashes.hpp"
#include "daemon/http/server/listening.hpp"
#include "daemon/http/server/server.hpp"
#include "daemon/http/tls/certificate_look.hpp"
#include "daemon/runtime/process/limits.hpp"
#include "daemon/sinks/file/commit/stale_temp_files.hpp"
#include "daemon/sinks/file/destination_names.hpp"
#include "daemon/sinks/hook/hook_program.hpp"
#include "daemon/sinks/shared_places.hpp"
#include "daemon/store/sqlite/files.hpp"
#include "daemon/telemetry/audit/audit_file.hpp"
#include "daemon/telemetry/certificates.hpp"

namespace tokensyncd::commands {

namespace {

/// The workspaces that write to the sink at `index`.
std::vector<sync::target> targets_of_sink(const config::configuration& settings,
                                          std::size_t index) {
  std::vector<sync::target> targets;
  for (const auto& each : settings.workspaces) {
    const auto& profile = settings.profiles[each.profile];
    for (const auto sink : profile.sinks) {
      if (sink == index) {
        targets.push_back({each.id, profile.workspace_labels});
      }
    }
  }
  return targets;
}

/// Adds the files that a sink writes; none where it writes no files.
void add_places(const sync::sink& sink, std::string_view name, std::size_t index,
                const std::vector<sync::target>& targets,
                std::vector<sinks::file_destination>& destinations) {
  if (sink.type() != "file") {
    return;
  }
  std::unordered_set<std::string> known;  // a file may be of several workspaces
  for (const auto& each : targets) {
    std::string path = sinks::path_of_destination(sink.destination(each));
    if (known.insert(path).second) {
      destinations.push_back({index, name, each.workspace, std::move(path)});
    }
  }
}

void find_clashes(const std::vector<sinks::file_destination>& destinations,
                  const config::configuration& settings, const sinks::sink_context& context,
                  sync::thoroughness how, check_findings& found) {
  sinks::stale_temp_files sweeper{context.system, context.identity};
  const sinks::workshop with{context.system, context.identity, sweeper};
  for (auto& each : sinks::find_clashes(destinations, *context.guard, how, with)) {
    found.push_back({"sinks." + settings.sinks[each.sink].name + ".path", std::move(each.sentence),
                     each.workspaces});
  }
}

void look_at_listeners(std::string_view key, const std::vector<config::listener>& list,
                       check_findings& found) {
  for (const auto& each : list) {
    if (each.optional && !http::has_address(each.address)) {
      continue;
    }
    if (const auto looked = http::look_at_tcp(each.address); !looked) {
      found.push_back({std::string{key}, looked.error().sentence});
    }
  }
}

void look_at_webhook(const config::webhook_settings& settings, check_findings& found) {
  if (settings.cert_file.empty()) {
    return;
  }
  try {
    static_cast<void>(http::load_certificate(settings.cert_file, settings.key_file, {}));
  } catch (const std::runtime_error& error) {
    found.push_back({"webhook.tls", error.what()});
  }
}

}  // namespace

check_findings look_at_own_destinations(const config::configuration& settings) {
  check_findings found;
  const auto take = [&found](std::string_view key, const result<void>& looked) {
    if (!looked) {
      found.push_back({std::string{key}, looked.error().sentence});
    }
  };
  if (!settings.state.in_memory) {
    const opening_watch watched{settings.state, {}};
    take("state.file", store::look_at_file(settings.state.file));
  }
  take("admin.socket", http::look_at_unix(settings.admin.socket));
  const config::listeners listen = config::listeners_of(settings.admin, settings.webhook);
  look_at_listeners("admin.listen", listen.admin, found);
  look_at_listeners("webhook.listen", listen.webhook, found);
  if (settings.webhook) {
    look_at_webhook(*settings.webhook, found);
  }
  for (auto& each : find_own_clashes(settings)) {
    found.push_back({std::move(each.key), std::move(each.sentence)});
  }
  if (!settings.audit.file.empty()) {
    take("audit.file", telemetry::audit_file::look(settings.audit.file));
  }
  return found;
}

check_findings look_at_certificates(const config::configuration& settings, wall_time now,
                                    std::vector<std::string>& warnings) {
  check_findings found;
  for (const auto& each : certificates_of(settings)) {
    const auto expires = http::expiry_of(each.file);
    // Why a file can't be read is said by who uses it.
    if (!expires) continue;
    const telemetry::certificate one{each.used_by, each.file.string(), *expires};
    if (!telemetry::is_expiring(one, now)) continue;
    std::string sentence = "the " + telemetry::expiry_sentence(one, now);
    if (*expires <= now) {
      found.push_back({each.key, std::move(sentence)});
    } else {
      warnings.push_back(each.key + ": " + sentence);
    }
  }
  return found;
}

task<check_findings> check_sinks(const config::configuration& settings,
                                 const sinks::sink_context& context, sync::thoroughness how) {
  check_findings found;
  std::vector<sinks::file_destination> destinations;
  for (std::size_t i = 0; i != settings.sinks.size(); ++i) {
    const auto& section = settings.sinks[i];
    std::unique_ptr<sync::sink> sink;
    try {
      sink = sinks::make_sink(section, context);
    } catch (const std::runtime_error& error) {
      pass_on_shortage(error);
      found.push_back({"sinks." + section.name, error.what()});
      continue;
    }
    const auto targets = targets_of_sink(settings, i);
    if (section.on_change) {
      const auto looked = sinks::look_at_hook(*section.on_change);
      if (!looked) {
        found.push_back({"sinks." + section.name + ".on_change.command", looked.error().sentence});
      }
    }
    add_places(*sink, section.name, i, targets, destinations);
    auto problems = co_await sink->check(targets, how);
    for (auto& each : problems) {
      std::string key = "sinks." + section.name + "." + std::string{each.key};
      found.push_back({std::move(key), std::move(each.what.sentence), each.workspaces});
    }
  }
  find_clashes(destinations, settings, context, how, found);
  co_return found;
}

}  // namespace tokensyncd::commands
