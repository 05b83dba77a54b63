#include "daemon/endpoints/webhook.hpp"

#include <utility>

#include "daemon/endpoints/replies.hpp"

namespace tokensyncd::endpoints {
namespace {

using result = metrics::webhook_result;

/// RFC 9110, section 15.5.2, wants to be told how to do it right.
http::reply unproven(std::string_view sentence) {
  http::reply answer = error_reply(401, sentence);
  answer.headers.emplace_back("WWW-Authenticate", "X-TL-Signature");
  return answer;
}

}  // namespace

webhook::webhook(event_desk& desk, telemetry::observer& watcher, const clock& time,
                 std::string path)
    : desk_(desk), watcher_(watcher), time_(time), path_(std::move(path)) {}

task<http::reply> webhook::answer(const http::server_request& request) {
  http::reply answer = finished(decide(request));
  // A stranger has to connect anew for each try, and is among the first to make place.
  answer.last = answer.status >= 300;
  co_return answer;
}

void webhook::refused(unsigned status) {
  watcher_.event_answered(status == 413 ? result::too_large : result::malformed, {});
}

http::reply webhook::decide(const http::server_request& request) {
  if (request.path != path_) return error_reply(404, "There is nothing at this address.");
  if (request.method != "POST") return method_not_allowed("POST");
  return take(request);
}

http::reply webhook::take(const http::server_request& request) {
  const auto signature = request.header("X-TL-Signature").value_or("");
  const auto partner = request.header("X-TL-Partner-Id").value_or("");
  const auto proof = desk_.verify(signature, partner);
  if (proof == event_desk::proof::forged) {
    watcher_.event_answered(result::bad_signature, {});
    return unproven("The signature isn't right.");
  }
  if (proof == event_desk::proof::expired) {
    watcher_.event_answered(result::expired, {});
    return unproven("The signature isn't valid at this time.");
  }
  const auto event = desk_.read(request.body);
  if (!event) {
    watcher_.event_answered(result::malformed, {});
    return error_reply(400, "The content is no event for this partner.");
  }
  result how = result::ignored;
  if (event->is_rotation) {
    const bool copy = copies_.seen(signature, request.body, time_.now());
    const bool known = desk_.rotated(event->workspace, copy);
    how = !known ? result::unknown_workspace : copy ? result::duplicate : result::accepted;
  }
  watcher_.event_answered(how, event->workspace);
  return json_reply(200, "{}\n");
}

}  // namespace tokensyncd::endpoints
