#include "daemon/webhook/listener.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "daemon/http/server/listening.hpp"
#include "daemon/runtime/process/limits.hpp"
#include "daemon/source/event.hpp"

namespace tokensyncd::webhook {

namespace {

constexpr int most_spared = 128;

http::server_limits limits() {
  http::server_limits limits;
  // Strangers are the first for whom there are no descriptors: polls, sinks and admins come before.
  limits.spare_descriptors = std::min(most_spared, descriptor_limit() * 3 / 8);
  limits.body_bytes = source::largest_event;
  // The whole internet may come, and the vendor's events have to get through.
  limits.connections = 512;
  return limits;
}

}  // namespace

listener::listener(dependencies needs, const config::webhook_settings& settings,
                   const std::vector<config::listener>& listen)
    : needs_(std::move(needs)),
      endpoint_(*this, needs_.observer, needs_.time, {settings.path, settings.health_path}) {
  const auto shown = prepare(settings);
  for (const auto& each : listen) {
    if (each.optional && !http::has_address(each.address)) {
      continue;
    }
    listen_.push_back(each.address);
    auto& made = servers_.emplace_back(
        http::server::on_tcp(needs_.loop, each.address, limits(), each.only_ipv6));
    made->use_tls(shown);
    made->on_refusal([this](unsigned status) { endpoint_.refused(status); });
  }
}

void listener::start(task_group& parent) {
  for (const auto& each : servers_) {
    parent.start(each->serve(
        [this](const http::server_request& request) { return endpoint_.answer(request); }));
  }
}

std::vector<std::string> listener::addresses() const {
  std::vector<std::string> all = listen_;
  for (std::size_t i = 0; i != all.size(); ++i) {
    all[i] = all[i].substr(0, all[i].rfind(':') + 1) + std::to_string(servers_[i]->port());
  }
  return all;
}

task<result<void>> listener::try_out(std::string workspace) {
  const auto api = needs_.api();
  const result<secret> signature = api->sign_event();
  if (!signature) co_return signature.error();
  const std::string body =
      source::write_rotation_event(workspace, api->partner_id(), needs_.time.wall());
  const std::array<http::field, 2> fields{http::field{"X-TL-Signature", signature->reveal()},
                                          http::field{"X-TL-Partner-Id", api->partner_id()}};
  const std::string path = endpoint_.events_path();  // a reload may replace it meanwhile
  http::server_request request;
  request.method = "POST";
  request.path = path;
  request.body = body;
  request.fields = fields;
  const http::reply answer = co_await endpoint_.answer(request);
  if (answer.status == 200) co_return result<void>{};
  co_return failure{failure_kind::invalid, "the webhook answered HTTP " +
                                               std::to_string(answer.status) +
                                               " to the event: " + answer.body};
}

listener::prepared listener::prepare(const config::webhook_settings& settings) const {
  if (settings.cert_file.empty()) {
    return {};
  }
  return http::load_certificate(settings.cert_file, settings.key_file,
                                [this](http::certificate_change how, const std::string& sentence) {
                                  const bool taken = how == http::certificate_change::taken;
                                  needs_.log.write(taken ? log_level::info : log_level::error,
                                                   "webhook.certificate", sentence);
                                });
}

void listener::take(const config::webhook_settings& settings, prepared next) {
  endpoint_.set_paths({settings.path, settings.health_path});
  for (const auto& each : servers_) {
    each->use_tls(next);
  }
}

task<listener::proof> listener::verify(std::string_view signature, std::string_view partner_id) {
  using source::jwt_status;
  // A reload may replace it meanwhile.
  const auto api = needs_.api();
  const auto status = co_await api->check_event(signature, partner_id);
  switch (status) {
    case jwt_status::good:
      co_return proof::good;
    case jwt_status::not_signed:
      co_return proof::not_signed;
    case jwt_status::bad_header:
      co_return proof::bad_header;
    case jwt_status::bad_claims:
      co_return proof::bad_claims;
    case jwt_status::wrong_partner:
      co_return proof::wrong_partner;
    case jwt_status::not_yet_valid:
      co_return proof::not_yet_valid;
    case jwt_status::expired:
      co_return proof::expired;
    case jwt_status::bad_signature:
      break;
  }
  co_return proof::bad_signature;
}

std::optional<listener::event> listener::read(std::string_view body) {
  auto found = source::read_event(body, needs_.api()->partner_id());
  if (!found) {
    return {};
  }
  return event{found->is_ours, found->is_rotation, std::move(found->type),
               std::move(found->workspace)};
}

bool listener::rotated(std::string_view workspace, bool copy) {
  return needs_.rotated(workspace, copy);
}

}  // namespace tokensyncd::webhook
