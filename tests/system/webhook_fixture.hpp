#pragma once

#include <cstdint>
#include <string>

#include "tests/support/vendor_event.hpp"
#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {

/// A daemon that polls once an hour, so that what happens at once was brought by an event.
class webhook_test : public testing::Test {
 protected:
  void SetUp() override {
    api_.rotate("acme");
    configure("webhook: {listen: [\"127.0.0.1:0\"]}\n");
    daemon_.start();
    ASSERT_TRUE(is_delivered());
    port_ = daemon_.webhook_port();
    api_.forget_log();
  }

  void configure(const std::string& webhook) {
    auto options = daemon_.options();
    options.more = webhook;
    daemon_.configure(options);
  }
  bool is_delivered() {
    return eventually([&] { return daemon_.delivered("acme") == api_.token("acme"); });
  }
  [[nodiscard]] double requests(const std::string& result) const {
    return daemon_.metric("tokensyncd_webhook_requests_total{result=\"" + result + "\"}");
  }
  unsigned tell(const vendor_event& what = {}) { return send(port_, what).status; }
  /// How many questions came to the API.
  std::uint64_t asked() { return api_.count("requests"); }

  sandbox api_{{.workspaces = {"acme"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}, .interval = "1h", .rate_limit = "20/s"}};
  std::uint16_t port_ = 0;
};

}  // namespace tokensyncd::tests
