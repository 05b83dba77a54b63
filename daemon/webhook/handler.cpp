#include "daemon/webhook/handler.hpp"

#include <exception>
#include <utility>

#include "daemon/http/server/replies.hpp"
#include "daemon/runtime/async/supervise.hpp"

namespace tokensyncd::webhook {
namespace {

using outcome = metrics::webhook_result;

/// A refusal, as it is counted and as the sender reads it.
struct refusal {
  outcome how;
  std::string_view sentence;
};

refusal refusal_of(event_desk::proof why) {
  using proof = event_desk::proof;
  switch (why) {
    case proof::not_signed:
      return {outcome::not_signed, "X-TL-Signature holds no JWT."};
    case proof::bad_header:
      return {outcome::bad_header, "The JWT's header is not one of HS256 without crit and b64."};
    case proof::bad_claims:
      return {outcome::bad_claims,
              "The JWT lacks partner_id, nbf or exp, or one of them is wrong."};
    case proof::wrong_partner:
      return {outcome::wrong_partner, "The event is for another partner."};
    case proof::not_yet_valid:
      return {outcome::not_yet_valid, "The signature is not valid yet."};
    case proof::expired:
      return {outcome::expired, "The signature has expired."};
    case proof::good:
    case proof::bad_signature:
      break;
  }
  return {outcome::bad_signature, "The signature is wrong."};
}

/// RFC 9110, section 15.5.2, wants to be told how to do it right.
http::reply unproven(std::string_view sentence) {
  http::reply answer = http::error_reply(401, sentence);
  answer.headers.emplace_back("WWW-Authenticate", "X-TL-Signature");
  return answer;
}

}  // namespace

handler::handler(event_desk& desk, telemetry::observer& observer, const clock& time,
                 url_paths paths)
    : desk_(desk), observer_(observer), time_(time), paths_(std::move(paths)) {}

task<http::reply> handler::answer(const http::server_request& request) {
  auto decided = co_await decide_or_fail(request);
  http::reply answer = http::finished(std::move(decided));
  // A stranger has to connect anew for each try, and is among the first to make place.
  answer.last = answer.status >= 300;
  co_return answer;
}

void handler::refused(unsigned status) {
  observer_.event_answered(status == 413 ? outcome::too_large : outcome::malformed, {});
}

task<http::reply> handler::decide_or_fail(const http::server_request& request) {
  std::exception_ptr thrown;
  try {
    co_return co_await decide(request);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (is_cancellation(thrown)) std::rethrow_exception(thrown);
  observer_.task_failed(fault_of("an answer to a webhook request", thrown));
  co_return http::error_reply(500,
                              "The event was not accepted because of a bug; please send it again.");
}

task<http::reply> handler::decide(const http::server_request& request) {
  const bool only_looks = request.method == "GET" || request.method == "HEAD";
  if (request.path == paths_.health)
    co_return only_looks ? http::text_reply(200, "ok\n") : http::method_not_allowed("GET, HEAD");
  if (only_looks) co_return http::method_not_allowed("POST");
  if (request.path != paths_.events)
    co_return http::error_reply(404, "There is nothing at this address.");
  if (request.method != "POST") co_return http::method_not_allowed("POST");
  co_return co_await take(request);
}

task<http::reply> handler::take(const http::server_request& request) {
  const auto signature = request.header("X-TL-Signature").value_or("");
  const auto partner = request.header("X-TL-Partner-Id").value_or("");
  const auto proof = co_await desk_.verify(signature, partner);
  if (proof != event_desk::proof::good) {
    const refusal why = refusal_of(proof);
    observer_.event_answered(why.how, {});
    co_return unproven(why.sentence);
  }
  const auto event = desk_.read(request.body);
  if (!event) {
    observer_.event_answered(outcome::malformed, {});
    co_return http::error_reply(400, "The content is not an event.");
  }
  if (!event->is_ours) {
    observer_.event_answered(outcome::wrong_partner, {});
    co_return http::error_reply(400, "The event is for another partner.");
  }
  observer_.event_came(event->type);
  outcome how = outcome::ignored;
  if (event->is_rotation) {
    const bool copy = copies_.seen(signature, request.body, time_.now());
    const bool known = desk_.rotated(event->workspace, copy);
    how = !known ? outcome::unknown_workspace : copy ? outcome::duplicate : outcome::accepted;
  }
  observer_.event_answered(how, event->workspace);
  co_return http::json_reply(200, "{}\n");
}

}  // namespace tokensyncd::webhook
