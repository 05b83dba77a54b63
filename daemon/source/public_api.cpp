#include "daemon/source/public_api.hpp"

#include <array>
#include <utility>

#include "daemon/source/auth/bearer.hpp"
#include "daemon/source/request.hpp"
#include "daemon/source/verification.hpp"

namespace tokensyncd::source {

public_api::public_api(std::unique_ptr<http::client> api, std::string_view public_api_url)
    : api_(std::move(api)), target_(split_api_url(public_api_url).path + "/workspace") {}

task<sync::verification> public_api::verify(std::string_view workspace, const secret& token) {
  const secret authorization = bearer(token);
  const std::array<http::header, 1> headers{http::header{"Authorization", authorization.reveal()}};
  http::request request;
  request.target = target_;
  request.headers = headers;
  auto answer = co_await api_->call(request);
  if (!answer) {
    sync::verification unknown;
    unknown.why = answer.error();
    co_return unknown;
  }
  const received view{answer->status(), answer->body(), answer->header("Content-Encoding")};
  auto said = read_verification(view, workspace);
  if (said.why && taints_connection(said.why->kind)) answer->discard_connection();
  co_return said;
}

}  // namespace tokensyncd::source
