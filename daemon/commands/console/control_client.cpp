#include "daemon/commands/console/control_client.hpp"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <boost/json.hpp>

#include "config/loader.hpp"
#include "daemon/application/configuration.hpp"
#include "daemon/commands/console/options.hpp"
#include "daemon/model/exit_code.hpp"

namespace tokensyncd::commands {

namespace {

/// The reason in `{"error": …}`.
std::string reason_of(const std::string& body) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(body, error);
  const auto* object = error ? nullptr : parsed.if_object();
  const auto* reason = object == nullptr ? nullptr : object->if_contains("error");
  const auto* text = reason == nullptr ? nullptr : reason->if_string();
  return text == nullptr ? "the daemon refused without a reason" : std::string{*text};
}

http::unix_answer accepted(http::unix_answer answered) {
  if (answered.status / 100 != 2) {
    throw command_failed(exit_code::no, reason_of(answered.body));
  }
  return answered;
}

}  // namespace

control_client::control_client(const std::filesystem::path& config_file) : config_(config_file) {
  auto loaded = config::load(config_file, process_environment());
  socket_ = std::move(loaded.control_socket);
  hidden_ = std::move(loaded.from_environment);
  std::error_code ignored;
  is_damaged_ = !loaded.errors.empty() && std::filesystem::exists(config_file, ignored);
  // A slip of the hand must not command the daemon of another configuration. (One with errors in it
  // is no reason to lose sight of the daemon that runs.)
  if (config_file != common_options{}.config && !std::filesystem::exists(config_file, ignored)) {
    throw command_failed(exit_code::bad_config,
                         config_file.string() + ": does not exist; correct --config");
  }
}

std::optional<http::unix_answer> control_client::ask_if_running(
    http::method how, std::string_view target, std::chrono::milliseconds limit) const {
  auto answered = http::unix_call(socket_, how, target, limit);
  if (answered) {
    return std::move(*answered);
  }
  if (answered.error().kind == failure_kind::unreachable) {
    return std::nullopt;
  }
  throw command_failed(exit_code::no, config::without_values(answered.error().sentence, hidden_));
}

http::unix_answer control_client::ask(http::method how, std::string_view target,
                                      std::chrono::milliseconds limit) const {
  auto answered = ask_if_running(how, target, limit);
  if (!answered) {
    // Its socket may be another one than that of a file which can't be read: says so with 78.
    if (is_damaged_) static_cast<void>(loaded_or_fail(config_));
    throw command_failed(exit_code::unavailable,
                         "no daemon listens on " +
                             config::without_values(socket_.string(), hidden_) +
                             "; start it with `systemctl start tokensyncd` or `tokensyncd run`");
  }
  return std::move(*answered);
}

http::unix_answer control_client::order(std::string_view target,
                                        std::chrono::milliseconds limit) const {
  return accepted(ask(http::method::post, target, limit));
}

}  // namespace tokensyncd::commands
