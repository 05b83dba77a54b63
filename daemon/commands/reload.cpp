#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include <boost/json/parse.hpp>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/runtime/text.hpp"

namespace tokensyncd::commands {
namespace {

/// What the daemon says that changed, as `; workspaces: …`; empty where it says nothing.
std::string changes_in(std::string_view body) {
  boost::system::error_code error;
  const auto answer = boost::json::parse(body, error);
  const auto* const object = error ? nullptr : answer.if_object();
  const auto* const changes = object == nullptr ? nullptr : object->if_contains("changes");
  const bool has_text = changes != nullptr && changes->is_string();
  return has_text ? "; " + printable(std::string_view{changes->get_string()}) : "";
}

}  // namespace

exit_code run_command(const common_options& common, const reload_options&) {
  const control_client daemon{common.config};
  const auto answer = daemon.order("/-/reload", std::chrono::minutes{1});
  std::puts(("reloaded" + changes_in(answer.body)).c_str());
  return exit_code::ok;
}

}  // namespace tokensyncd::commands
