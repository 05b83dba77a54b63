#include "daemon/http/server/replies.hpp"

#include <algorithm>
#include <utility>

#include "daemon/runtime/json_object.hpp"

namespace tokensyncd::http {
namespace {

constexpr std::string_view policy_header = "Content-Security-Policy";

}  // namespace

reply text_reply(unsigned status, std::string body) {
  reply answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

reply json_reply(unsigned status, std::string body) {
  reply answer = text_reply(status, std::move(body));
  answer.content_type = "application/json";
  return answer;
}

reply error_reply(unsigned status, std::string_view sentence) {
  std::string body;
  json_object object(body);
  object.text("error", sentence);
  object.end();
  body += '\n';
  return json_reply(status, std::move(body));
}

reply method_not_allowed(std::string_view allowed) {
  reply answer =
      error_reply(405, "This address takes " + std::string(allowed) + " and nothing else.");
  answer.headers.emplace_back("Allow", allowed);
  return answer;
}

reply finished(reply answer) {
  answer.headers.emplace_back("Cache-Control", "no-store");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  const auto is_policy = [](const auto& each) { return each.first == policy_header; };
  if (std::ranges::none_of(answer.headers, is_policy)) {
    answer.headers.emplace_back(policy_header, "default-src 'none'; frame-ancestors 'none'");
  }
  answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  return answer;
}

}  // namespace tokensyncd::http
