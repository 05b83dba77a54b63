#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "daemon/commands/control_client.hpp"
#include "daemon/commands/narrow.hpp"
#include "daemon/commands/perform.hpp"
#include "daemon/commands/verify_report.hpp"
#include "daemon/configuration.hpp"
#include "daemon/machinery.hpp"
#include "daemon/runtime/hardening.hpp"
#include "daemon/runtime/run_on.hpp"

namespace tokensyncd::commands {

namespace {

/// Two calls a workspace: 10,000 take 17 minutes at the default rate.
constexpr std::chrono::hours longest{1};

std::vector<verify_line> verify_alone(const common_options& common,
                                      const std::vector<std::string>& workspaces) {
  asio::io_context loop{1};
  const auto time = make_system_clock(loop);
  auto settings = load_or_fail(common.config);
  narrow(settings, workspaces);
  machinery parts{loop, *time, settings, {common.level, false, workspaces.empty(), {}}};
  std::vector<sync::verified_token> verified;
  const auto ask = [&]() -> task<> {
    std::vector<std::string> all;
    verified = co_await parts.engine.verify(std::move(all));
  };
  run_on(loop, ask());
  return verify_lines(verified);
}

std::vector<verify_line> read_answer(const http::unix_answer& answered) {
  auto lines = read_verify(answered.body);
  if (!lines) {
    throw command_failed(exit_code::no, lines.error().sentence);
  }
  return std::move(*lines);
}

}  // namespace

exit_code perform(const common_options& common, const verify_options& options) {
  harden_process();
  const control_client daemon{common.config};
  std::string target = "/-/verify";
  for (const auto& id : options.workspaces) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += "workspace=" + boost::urls::encode(id, boost::urls::unreserved_chars);
  }
  const auto answered = daemon.order_if_running(target, longest);
  const auto lines = answered ? read_answer(*answered) : verify_alone(common, options.workspaces);
  std::fputs(render_verify(lines).c_str(), stdout);
  return verdict(lines);
}

}  // namespace tokensyncd::commands
