#include "daemon/sinks/file/file_sink.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>

#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sinks/file/commit/permissions.hpp"
#include "daemon/sinks/file/destination_names.hpp"
#include "daemon/sinks/file/file_check.hpp"
#include "daemon/sinks/file/file_etag.hpp"
#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/file/file_look.hpp"
#include "daemon/sinks/file/file_removal.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr std::size_t files_in_a_commit = 64;

/// What an earlier delivery may have left is gone, once there is another file in its place.
void note_uncertain(const file_write_request& request, sync::etag* uncertain) {
  if (uncertain == nullptr) return;
  const bool is_replaced =
      request.outcome && !request.stranger && request.outcome->tag.words[0] == uncertain->words[0];
  if (is_replaced) *uncertain = {};
  if (request.uncertain) *uncertain = *request.uncertain;
}

}  // namespace

file_sink::file_sink(const config::file_sink_settings& settings, const sink_context& context)
    : settings_(settings),
      path_(parse_path(settings.path)),
      content_(settings),
      context_(context),
      stale_temp_files_(context.system, context.identity),
      commits_(disk_, files_in_a_commit,
               [this](std::span<file_write_request* const> requests) { commit(requests); }) {}

std::string file_sink::path(const sync::target& whom) const {
  return config::expand_path(path_, whom.workspace, whom.labels);
}

std::string file_sink::destination(const sync::target& whom) const {
  return std::string{file_prefix} + path(whom);
}

bool file_sink::reaches(std::string_view destination) const {
  return destination.starts_with(file_prefix);
}

task<result<sync::delivered>> file_sink::deliver(const sync::delivery_request& what) {
  // Between its passes too what was handed over is finished.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto outcome = co_await deliver_to_nobody_elses(what);
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return outcome;
}

task<result<sync::delivered>> file_sink::deliver_to_nobody_elses(
    const sync::delivery_request& what) {
  file_write_request request{path(what.whom), content_.render(what.whom, what.what, what.token),
                             content_.shape(what.whom)};
  if (what.present) {
    if (what.present->tag != sync::etag{}) request.recorded = what.present->tag;
    request.same_token = what.present->token == what.what.token;
  }
  request.etag_suffices = !content_.follows_revision();
  // What it has written stays claimed until it is recorded, which happens when this returns.
  auto end = [this, &request] { context_.guard->release(request.path); };
  const on_exit released{end};
  for (int pass = 0; pass != most_passes; ++pass) {
    co_await commits_.run(request);
    note_uncertain(request, what.uncertain);
    if (!request.stranger) co_return std::move(request.outcome);
    // A stranger's, or spoilt: replaced, unless another entry has it recorded as its own.
    if (const auto whose = owner_of(*request.stranger, what); !whose.empty())
      co_return shared_destination_failure(request.path, whose);
    request.may_replace = std::exchange(request.stranger, std::nullopt);
  }
  co_return keeps_changing_failure(request.path);
}

task<void> file_sink::inspect(std::span<sync::inspection> destinations) {
  auto look = [this, destinations] { look_for_drift(destinations); };
  co_await disk_.run(look);
}

task<result<void>> file_sink::withdraw(const sync::target& whom, const sync::etag& tag) {
  auto take_away = [this, file = path(whom), tag] {
    return remove_file(context_.system, file, tag);
  };
  co_return co_await disk_.run(std::move(take_away));
}

task<result<void>> file_sink::withdraw_from(std::string_view destination, const sync::etag& tag) {
  auto take_away = [this, file = std::string{destination.substr(file_prefix.size())}, tag] {
    return remove_file(context_.system, file, tag);
  };
  co_return co_await disk_.run(std::move(take_away));
}

task<std::vector<sync::destination_problem>> file_sink::check(std::span<const sync::target> all,
                                                              sync::thoroughness how) {
  std::vector<std::string> paths;
  paths.reserve(all.size());
  for (const sync::target& whom : all) paths.push_back(path(whom));
  auto try_all = [this, &paths, how] {
    return check_files(paths, settings_, how,
                       {context_.system, context_.identity, stale_temp_files_});
  };
  co_return co_await disk_.run(try_all);
}

void file_sink::commit(std::span<file_write_request* const> requests) {
  const auto wanted = resolve(settings_);
  if (!wanted) {
    for (file_write_request* each : requests) each->outcome = wanted.error();
    return;
  }
  commit_files(requests, *wanted, {context_.system, context_.identity, stale_temp_files_},
               *context_.guard);
}

void file_sink::look_for_drift(std::span<sync::inspection> destinations) {
  const auto wanted = resolve(settings_);
  std::string directory;
  bool gets_acl = false;
  for (sync::inspection& each : destinations) {
    const std::string file = path(each.whom);
    if (directory_of(file) != directory) {
      directory = directory_of(file);
      stale_temp_files_.sweep_once(directory);
      gets_acl = hands_on_acl(directory);
    }
    const auto found = look_at(context_.system, AT_FDCWD, file, file);
    // Where something can't be looked at, delivering will say why.
    const bool is_right =
        wanted && found && *found &&
        make_etag(**found, shape_of(content_.shape(each.whom), *wanted)) == each.tag &&
        // Of a version that left what the directory hands on.
        !(gets_acl && has_acl(file));
    each.seen = is_right ? sync::destination_state::as_recorded : sync::destination_state::drifted;
  }
}

}  // namespace tokensyncd::sinks
