#include "daemon/endpoints/pages.hpp"

#include <memory>
#include <utility>

#include "daemon/endpoints/path.hpp"
#include "daemon/endpoints/status_page.hpp"
#include "daemon/http/server/replies.hpp"
#include "daemon/runtime/text.hpp"
#include "daemon/telemetry/status_json.hpp"

namespace tokensyncd::endpoints {
namespace {

constexpr std::string_view ready_prefix = "/readyz/";

/// `waiting` may be more than are named.
std::string list_waiting(const sync::readiness& state) {
  std::string text = "not ready: " + std::to_string(state.waiting) + " out of sync\n";
  for (const auto& [workspace, sink] : state.waiting_for) {
    text += printable(workspace, 256) + '/' + printable(sink, 256) + '\n';
  }
  if (state.waiting > state.waiting_for.size()) {
    text += "and " + std::to_string(state.waiting - state.waiting_for.size()) + " more\n";
  }
  return text;
}

http::reply probe(bool good, const sync::readiness& state) {
  return good ? http::text_reply(200, "ok\n") : http::text_reply(503, list_waiting(state));
}

/// A scrape under way and its turn, which ends when the server drops the answer.
struct running_scrape {
  telemetry::scrape text;
  std::unique_ptr<scrape_gate::lease> turn;
};

}  // namespace

page_kind kind_of_page(std::string_view path) {
  if (path == "/metrics") return page_kind::metrics;
  if (path == "/status" || status_page_file(path) != nullptr) return page_kind::status;
  if (path == "/livez" || path == "/startupz" || path == "/readyz") return page_kind::probe;
  if (path.starts_with(ready_prefix) && path.size() > ready_prefix.size()) return page_kind::probe;
  return page_kind::none;
}

pages::pages(const sync::status_view& view, metrics::daemon_metrics& metrics, clock& time,
             page_settings settings)
    : view_(view), metrics_(metrics), settings_(std::move(settings)), gate_(time) {}

task<http::reply> pages::show(const http::server_request& request) {
  const page_kind kind = kind_of_page(request.path);
  if (kind == page_kind::none)
    co_return http::error_reply(404, "There is nothing at this address.");
  if (request.method != "GET" && request.method != "HEAD") {
    co_return http::method_not_allowed("GET, HEAD");
  }
  if (kind == page_kind::metrics) co_return co_await metrics_page(request.accept);
  if (kind == page_kind::status) co_return status_or_page(request.path);
  co_return readiness_page(request.path);
}

task<http::reply> pages::metrics_page(std::string_view accept) {
  auto turn = co_await gate_.enter();
  if (!turn) {
    http::reply busy = http::error_reply(503, "Another scrape is still running; retry after 1 s.");
    busy.headers.emplace_back("Retry-After", "1");
    co_return busy;
  }
  const auto format = metrics::negotiate(accept);
  http::reply answer;
  answer.content_type = metrics::content_type(format);
  answer.headers.emplace_back("Vary", "Accept");
  // Shared, as a std::function wants to be copyable.
  auto running = std::make_shared<running_scrape>(
      telemetry::scrape(view_, metrics_, format, settings_.most_workspaces), std::move(turn));
  answer.stream = [running](std::string& piece) { return running->text.next(piece); };
  co_return answer;
}

http::reply pages::status_or_page(std::string_view path) const {
  if (const page_file* shown = status_page_file(path)) return status_page_reply(*shown);
  telemetry::status_head head{
      settings_.version,
      settings_.host,
      settings_.started_at,
      view_.ready(settings_.ready_grace).ready && settings_.obstacle().empty(),
      settings_.summary(),
      metrics_.events(),
      settings_.certificates()};
  http::reply answer = http::json_reply(200, {});
  answer.stream = [text = telemetry::status_json(view_, std::move(head))](
                      std::string& piece) mutable { return text.next(piece); };
  return answer;
}

http::reply pages::readiness_page(std::string_view path) const {
  if (path == "/livez") return http::text_reply(200, "ok\n");
  if (path == "/startupz" || path == "/readyz") {
    const sync::readiness state = view_.ready(settings_.ready_grace);
    if (path == "/startupz") return probe(state.started, state);
    const std::string obstacle = settings_.obstacle();
    if (state.ready && !obstacle.empty())
      return http::text_reply(503, "not ready: " + obstacle + "\n");
    return probe(state.ready, state);
  }
  const auto id = segment_after(ready_prefix, path);
  sync::workspace_status status;
  if (!id || id->empty() || !view_.find(*id, status)) {
    return http::error_reply(404, "There is no such workspace.");
  }
  const sync::readiness state = view_.ready(settings_.ready_grace, *id);
  return probe(state.ready, state);
}

}  // namespace tokensyncd::endpoints
