#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "tests/sandbox/api_server.hpp"
#include "tests/sandbox/event_sender.hpp"
#include "tests/sandbox/reply.hpp"
#include "tests/sandbox/request.hpp"

namespace tokensyncd::sandbox {

/// What a test says to the sandbox: requests under `/control/` in, JSON out. See
/// `tokensyncd-sandbox --help` for all of them.
class control_api {
 public:
  control_api(api_server::shared& everything, event_sender& events)
      : shared_(everything), events_(events) {}

  [[nodiscard]] reply answer(const request& what);

 private:
  boost::json::value dispatch(std::string_view method, std::string_view path, const request& what);
  boost::json::value workspaces(std::string_view method, std::string_view rest,
                                const boost::json::object& body);
  boost::json::value faults(std::string_view method, std::string_view rest,
                            const boost::json::object& body);
  boost::json::object change(workspace& which, const boost::json::object& body);
  boost::json::object rotate(workspace& which, const boost::json::object& body);
  boost::json::object send_events(const boost::json::object& body);
  boost::json::value rotate_many(const boost::json::object& body);
  [[nodiscard]] boost::json::object describe(const workspace& which) const;
  [[nodiscard]] boost::json::object tokens(std::string_view prefix) const;
  [[nodiscard]] boost::json::array log(std::string_view workspace) const;
  [[nodiscard]] std::string packed_log() const;
  std::size_t close_idle();

  api_server::shared& shared_;
  event_sender& events_;
};

}  // namespace tokensyncd::sandbox
