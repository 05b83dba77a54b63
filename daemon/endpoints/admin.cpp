#include "daemon/endpoints/admin.hpp"

#include <utility>

#include "daemon/endpoints/host_check.hpp"
#include "daemon/http/server/replies.hpp"

namespace tokensyncd::endpoints {

admin::admin(pages& shown, admin_access access) : pages_(shown), access_(std::move(access)) {}

bool admin::shows(page_kind kind) const {
  switch (kind) {
    case page_kind::metrics:
      return access_.metrics;
    case page_kind::probe:
      return access_.probes;
    case page_kind::status:
      return access_.status;
    case page_kind::none:
      return false;
  }
  return false;
}

task<http::reply> admin::answer(const http::server_request& request) {
  http::reply made = co_await decide(request);
  co_return http::finished(std::move(made));
}

task<http::reply> admin::decide(const http::server_request& request) {
  const page_kind kind = kind_of_page(request.path);
  if (!shows(kind)) co_return http::error_reply(404, "There is nothing at this address.");
  if (kind == page_kind::status && !host_allowed(request.host, access_.hosts)) {
    co_return http::error_reply(421,
                                "The Host header's name is not allowed for the status; use an IP "
                                "address, or add the name to admin.hosts.");
  }
  co_return co_await pages_.show(request);
}

}  // namespace tokensyncd::endpoints
