#include "daemon/endpoints/replies.hpp"

#include <algorithm>
#include <utility>

#include "daemon/telemetry/json_object.hpp"

namespace tokensyncd::endpoints {
namespace {

constexpr std::string_view policy_header = "Content-Security-Policy";

}  // namespace

http::reply text_reply(unsigned status, std::string body) {
  http::reply answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

http::reply json_reply(unsigned status, std::string body) {
  http::reply answer = text_reply(status, std::move(body));
  answer.content_type = "application/json";
  return answer;
}

http::reply error_reply(unsigned status, std::string_view sentence) {
  std::string body;
  telemetry::json_object object(body);
  object.text("error", sentence);
  object.end();
  body += '\n';
  return json_reply(status, std::move(body));
}

http::reply method_not_allowed(std::string_view allowed) {
  http::reply answer =
      error_reply(405, "This address takes " + std::string(allowed) + " and nothing else.");
  answer.headers.emplace_back("Allow", allowed);
  return answer;
}

http::reply finished(http::reply answer) {
  answer.headers.emplace_back("Cache-Control", "no-store");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  const auto is_policy = [](const auto& header) { return header.first == policy_header; };
  if (std::ranges::none_of(answer.headers, is_policy)) {
    answer.headers.emplace_back(policy_header, "default-src 'none'; frame-ancestors 'none'");
  }
  answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  return answer;
}

}  // namespace tokensyncd::endpoints
