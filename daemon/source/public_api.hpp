#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/http/client/client.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/sync/ports/verifier.hpp"

namespace tokensyncd::source {

/// The TimelinesAI Public API, of which one thing is wanted: whether a token works. Each question
/// probably uses up one of the workspace's API calls. For the loop's thread.
class public_api final : public sync::verifier {
 public:
  /// `api`: a client for split_api_url(public_api_url).origin.
  public_api(std::unique_ptr<http::client> api, std::string_view public_api_url);

  /// See sync::verifier: one call, repeated by nobody.
  task<sync::verification> verify(std::string_view workspace, const secret& token) override;

 private:
  std::unique_ptr<http::client> api_;
  std::string target_;
};

}  // namespace tokensyncd::source
