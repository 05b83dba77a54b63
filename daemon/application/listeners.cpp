#include "daemon/application/listeners.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "config/rules/addresses.hpp"
#include "config/rules/listeners.hpp"
#include "daemon/application/watched_answer.hpp"
#include "daemon/http/server/listening.hpp"
#include "daemon/model/exit_code.hpp"
#include "daemon/runtime/process/limits.hpp"

namespace tokensyncd {

namespace {

constexpr int most_spared = 64;

/// Over TCP anybody may come; the control socket, which acts, has the last descriptors.
http::server_limits admin_limits() {
  http::server_limits limits;
  limits.spare_descriptors = std::min(most_spared, descriptor_limit() / 8);
  return limits;
}

endpoints::admin_access access_at(std::string_view address,
                                  const config::admin_settings& settings) {
  const config::exposure shown = config::exposed_at(address, settings);
  return {settings.hosts, shown.metrics, shown.probes, shown.status};
}

template <class Bind>
auto bind_or_fail(Bind bind) {
  try {
    return bind();
  } catch (const std::runtime_error& error) {
    throw command_failed(exit_code::os_error, error.what());
  }
}

}  // namespace

listeners::listeners(asio::io_context& loop, clock& time, services& parts, endpoints::pages& pages,
                     endpoints::control& control, const config::configuration& settings)
    : parts_(parts), control_(control) {
  const auto listen = config::listeners_of(settings.admin, settings.webhook);
  for (const auto& each : listen.admin) {
    if (each.optional && !http::has_address(each.address)) {
      continue;
    }
    const auto bind = [&] {
      return http::server::on_tcp(loop, each.address, admin_limits(), each.only_ipv6);
    };
    admins_.push_back(
        {endpoints::admin(pages, access_at(each.address, settings.admin)), bind_or_fail(bind)});
  }
  bind_or_fail([&] { return &control_server_.emplace(loop, settings.admin.socket, parts_.log); });
  if (settings.webhook) {
    const auto receive = [&] {
      const webhook::dependencies needs{loop,
                                        time,
                                        parts_.log,
                                        parts_.observer,
                                        [this] { return parts_.api(); },
                                        [this](std::string_view workspace, bool copy) {
                                          return parts_.engine.event(workspace, copy);
                                        }};
      return std::make_unique<webhook::listener>(needs, *settings.webhook, listen.webhook);
    };
    events_ = bind_or_fail(receive);
  }
}

void listeners::start(task_group& parent) {
  for (admin_listener& each : admins_) {
    parent.start(each.server->serve([this, &each](const http::server_request& request) {
      return watched(each.shown.answer(request), parts_.observer);
    }));
  }
  parent.start(control_server_->serve([this](const http::server_request& request) {
    return watched(control_.answer(request), parts_.observer);
  }));
  if (events_) {
    events_->start(parent);
  }
}

void listeners::prepare(const config::configuration& settings) {
  // That there is one can't be changed by a reload.
  if (events_) {
    next_certificate_ = events_->prepare(*settings.webhook);
  }
}

void listeners::take(const config::configuration& settings) {
  if (events_) {
    events_->take(*settings.webhook, std::move(next_certificate_));
  }
}

task<result<void>> listeners::try_event(std::string workspace) {
  if (!events_) {
    co_return failure{failure_kind::invalid,
                      "the configuration in force has no `webhook`, so no event can come; see "
                      "docs/events.md"};
  }
  co_return co_await events_->try_out(std::move(workspace));
}

std::vector<std::string> listeners::webhook_addresses() const {
  return events_ ? events_->addresses() : std::vector<std::string>{};
}

}  // namespace tokensyncd
