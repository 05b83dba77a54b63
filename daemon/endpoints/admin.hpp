#pragma once

#include <string>
#include <vector>

#include "daemon/endpoints/pages.hpp"

namespace tokensyncd::endpoints {

/// What TCP may show, and to whom.
struct admin_access {
  std::vector<std::string> hosts{"localhost"};  ///< by which /status may be asked; addresses always
  bool metrics = true;
  bool probes = true;
  bool status = true;
};

/// The read-only endpoint on TCP. Must outlive the answers that it gave. For the loop's thread.
class admin {
 public:
  admin(pages& shown, admin_access access);

  /// Answers one request; 404 for what isn't shown, 421 for a Host that may not ask.
  task<http::reply> answer(const http::server_request& request);

 private:
  task<http::reply> decide(const http::server_request& request);
  [[nodiscard]] bool shows(page_kind kind) const;

  pages& pages_;
  admin_access access_;
};

}  // namespace tokensyncd::endpoints
