#include "daemon/application/factories.hpp"

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "config/rules/own_files.hpp"
#include "daemon/http/client/client.hpp"
#include "daemon/http/client/proxy_choice.hpp"
#include "daemon/http/text/origin.hpp"
#include "daemon/model/exit_code.hpp"
#include "daemon/model/version.hpp"
#include "daemon/source/public_api.hpp"
#include "daemon/source/request.hpp"

namespace tokensyncd {

namespace {

http::client_options client_options_of(const config::partner_settings& settings,
                                       const std::string& url, logger& log) {
  http::client_options options;
  options.origin = source::split_api_url(url).origin;
  options.max_connections = settings.max_connections;
  options.user_agent = user_agent();
  if (const auto where = http::parse_origin(options.origin)) {
    const auto variable = [](const char* name) -> const char* { return std::getenv(name); };
    auto proxy = http::choose_proxy(settings.proxy, variable, where->host, where->port);
    if (!proxy) throw command_failed(exit_code::os_error, proxy.error().sentence);
    options.proxy = std::move(proxy->url);
    options.proxy_credentials = std::move(proxy->credentials);
  }
  options.proxy_auth_file = settings.proxy_auth_file;
  options.limits.total = settings.timeout;
  options.tls.ca_file = settings.tls.ca_file;
  // The name is that of the Partner API's host; another host has its own.
  const auto partner = http::parse_origin(source::split_api_url(settings.api_url).origin);
  const auto asked = http::parse_origin(options.origin);
  if (partner && asked && partner->host == asked->host) {
    options.tls.server_name = settings.tls.server_name;
  }
  options.tell = [&log](const std::string& sentence) { log.warning("source.notice", sentence); };
  options.tls.only_tls13 = settings.tls.min_version == "1.3";
  return options;
}

std::chrono::milliseconds debounce_of(const config::sink& settings) {
  return settings.on_change ? settings.on_change->debounce : std::chrono::milliseconds{0};
}

}  // namespace

std::vector<sinks::own_file> own_files_of(const config::configuration& settings) {
  std::vector<sinks::own_file> all;
  for (auto& each : config::own_files(settings)) {
    all.push_back({each.file.string(), std::move(each.who), each.is_pattern});
  }
  return all;
}

std::string user_agent() {
  return "tokensyncd/" + std::string{program_version()};
}

sinks::notice sink_notices(logger& log) {
  return [&log](log_level level, const std::string& sink, const std::string& sentence) {
    log.write(level, "sink.notice", "Sink '" + sink + "': " + sentence, {{"sink", sink}});
  };
}

sinks::program_line sink_outputs(logger& log) {
  return [&log](const std::string& sink, std::string_view stream, std::string_view line) {
    log.info("hook.output", line, {{"sink", sink}, {"stream", stream}});
  };
}

std::shared_ptr<source::partner_source> make_source(const config::partner_settings& settings,
                                                    const factory_context& world) {
  auto api = std::make_unique<http::client>(
      world.loop, client_options_of(settings, settings.api_url, world.log));
  const auto tell = [&log = world.log](log_level level, const std::string& sentence) {
    log.write(level, "source.notice", sentence);
  };
  auto made = std::make_shared<source::partner_source>(std::move(api), world.time, settings, tell);
  if (const auto looked = made->look_at_secrets(); !looked) {
    throw std::runtime_error(looked.error().sentence);
  }
  return made;
}

std::vector<made_sink> make_sinks(const config::configuration& settings,
                                  const std::vector<made_sink>& running,
                                  const factory_context& world) {
  const auto make = [&](const config::sink& each,
                        const std::shared_ptr<const std::string>& known_as) {
    auto context = world.for_sinks;
    context.partner = settings.partner.id;
    context.log.report = [report = world.for_sinks.log.report, known_as](
                             log_level level, const std::string&, const std::string& sentence) {
      report(level, *known_as, sentence);
    };
    context.log.program_output = [output = world.for_sinks.log.program_output, known_as](
                                     const std::string&, std::string_view stream,
                                     std::string_view line) {
      if (output) {
        output(*known_as, stream, line);
      }
    };
    return sinks::make_sink(each, context);
  };
  return succeed_sinks(running, settings, make);
}

std::shared_ptr<sync::verifier> make_verifier(const config::partner_settings& settings,
                                              const factory_context& world) {
  auto api = std::make_unique<http::client>(
      world.loop, client_options_of(settings, settings.public_api_url, world.log));
  return std::make_shared<source::public_api>(std::move(api), settings.public_api_url);
}

sync::engine_settings make_setup(const config::configuration& settings,
                                 std::shared_ptr<sync::source> from,
                                 const std::vector<made_sink>& sinks,
                                 const factory_context& world) {
  sync::engine_settings made;
  made.from = std::move(from);
  made.checker = make_verifier(settings.partner, world);
  made.verify_after = settings.partner.verify_after;
  made.workers = settings.partner.max_connections;
  made.rate_limit = settings.partner.rate_limit;
  made.jitter = settings.poll.jitter;
  for (const auto& each : sinks) {
    made.sinks.push_back({each.settings.name, each.settings.required, each.settings.removal,
                          each.writer, sinks::make_hook(each.settings, world.for_sinks),
                          debounce_of(each.settings)});
  }
  made.expects_events = settings.webhook.has_value();
  made.profiles = settings.profiles;
  made.workspaces = settings.workspaces;
  // Last, because what throws before leaves the configuration in force as it is.
  world.for_sinks.guard->protect(own_files_of(settings));
  return made;
}

}  // namespace tokensyncd
