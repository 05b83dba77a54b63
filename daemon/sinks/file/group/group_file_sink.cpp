#include "daemon/sinks/file/group/group_file_sink.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sinks/file/destination_names.hpp"
#include "daemon/sinks/file/file_check.hpp"
#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/file/group/group_failure.hpp"
#include "daemon/sinks/file/group/whole_file.hpp"

namespace tokensyncd::sinks {
namespace {

/// More than a channel has in flight.
constexpr std::size_t entries_in_a_commit = 1024;

/// Whether two etags are of the same entry, made of the same settings; the last word is the device
/// of its file, which may be mounted elsewhere.
bool is_same_entry(const sync::etag& a, const sync::etag& b) {
  return std::equal(a.words.begin(), a.words.begin() + 3, b.words.begin());
}
/// The same, made of whatever settings.
bool has_same_bytes(const sync::etag& a, const sync::etag& b) {
  return std::equal(a.words.begin(), a.words.begin() + 2, b.words.begin());
}

}  // namespace

group_file_sink::group_file_sink(const config::file_sink_settings& settings,
                                 const sink_context& context)
    : settings_(settings),
      path_(parse_path(settings.path)),
      content_(settings),
      context_(context),
      stale_temp_files_(context.system, context.identity),
      writer_(settings, context, stale_temp_files_),
      commits_(disk_, entries_in_a_commit,
               [this](std::span<group_request* const> requests) { writer_.run(requests); }) {}

std::string group_file_sink::path(const sync::target& whom) const {
  return config::expand_path(path_, whom.workspace, whom.labels);
}

std::string group_file_sink::destination(const sync::target& whom) const {
  return entry_destination(path(whom), whom.workspace);
}

bool group_file_sink::reaches(std::string_view destination) const {
  return destination.starts_with(entry_prefix);
}

sync::etag group_file_sink::etag_of(const sync::target& whom, const secret& entry) const {
  const fingerprint print = context_.prints.of(entry.reveal());
  sync::etag tag;
  static_assert(sizeof print.bytes == 2 * sizeof tag.words[0]);
  std::memcpy(tag.words.data(), print.bytes.data(), print.bytes.size());
  tag.words[2] = content_.shape(whom);
  return tag;
}

task<result<sync::delivered>> group_file_sink::deliver(const sync::delivery_request& what) {
  // Between its passes too what was handed over is finished.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto outcome = co_await deliver_entry(what);
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return outcome;
}

task<result<sync::delivered>> group_file_sink::deliver_entry(const sync::delivery_request& what) {
  group_request request{path(what.whom), std::string{what.whom.workspace}};
  request.same_token = what.present && what.present->token == what.what.token;
  sync::etag tag;
  // Where the file of a stranger was met, that stays claimed while it is looked up whose it is.
  auto end = [this, &request] { writer_.claim_again(request.path); };
  for (int pass = 0; pass != most_passes; ++pass) {
    request.members = members_of(request.path, what);
    request.entry = content_.render(what.whom, what.what, what.token);
    tag = etag_of(what.whom, request.entry);
    co_await commits_.run(request);
    if (!request.stranger) break;
    const on_exit released{end};
    if (const auto whose = owner_of(*request.stranger, what); !whose.empty())
      co_return shared_destination_failure(request.path, whose);
    request.may_replace = std::exchange(request.stranger, std::nullopt);
    request.outcome = keeps_changing_failure(request.path);
  }
  tag.words[3] = request.device;
  if (what.uncertain != nullptr) *what.uncertain = request.is_uncertain ? tag : sync::etag{};
  if (!request.outcome) co_return std::move(request.outcome).error();
  co_return sync::delivered{*request.outcome, tag, std::move(request.along)};
}

std::vector<group_member> group_file_sink::members_of(const std::string& file,
                                                      const sync::delivery_request& what) const {
  std::vector<group_member> members;
  const bool is_one_file = settings_.grouping->label.empty();
  for (sync::sink_member& each : what.members()) {
    if (is_one_file || path({each.workspace, *each.labels}) == file)
      members.push_back({std::move(each.workspace), each.may_come});
  }
  return members;
}

task<void> group_file_sink::inspect(std::span<sync::inspection> destinations) {
  std::vector<entry_look> looks;
  looks.reserve(destinations.size());
  for (const sync::inspection& each : destinations)
    looks.push_back({path(each.whom), std::string{each.whom.workspace}});
  auto look = [this, &looks] { writer_.look(looks); };
  co_await disk_.run(look);
  for (std::size_t i = 0; i != looks.size(); ++i) {
    const bool is_right =
        !looks[i].entry.empty() && !looks[i].is_touched &&
        is_same_entry(etag_of(destinations[i].whom, looks[i].entry), destinations[i].tag);
    destinations[i].seen =
        is_right ? sync::destination_state::as_recorded : sync::destination_state::drifted;
  }
}

task<result<void>> group_file_sink::withdraw(const sync::target& whom, const sync::etag& tag) {
  entry_place place{path(whom), std::string{whom.workspace}};
  co_return co_await take_out(std::move(place), tag);
}

task<result<void>> group_file_sink::withdraw_from(std::string_view destination,
                                                  const sync::etag& tag) {
  entry_place place = parse_entry_destination(destination);
  co_return co_await take_out(std::move(place), tag);
}

task<result<void>> group_file_sink::take_out(entry_place place, sync::etag tag) {
  entry_look there{place.path, place.workspace};
  auto look = [this, &there] { writer_.look({&there, 1}); };
  co_await disk_.run(look);
  const config::labels none;
  const sync::target whom{place.workspace, none};
  const bool is_other = !there.entry.empty() && tag != sync::etag{} &&
                        !has_same_bytes(etag_of(whom, there.entry), tag);
  if (there.is_foreign || is_other) co_return kept_entry_failure(place.path, place.workspace);
  group_request request{place.path, place.workspace};
  request.may_replace = sync::etag{{tag.words[3], 0, 0, 0}};
  co_await commits_.run(request);
  if (request.stranger) {
    writer_.claim_again(place.path);
    co_return keeps_changing_failure(place.path);
  }
  if (!request.outcome) co_return std::move(request.outcome).error();
  co_return result<void>{};
}

task<std::vector<sync::destination_problem>> group_file_sink::check(
    std::span<const sync::target> all, sync::thoroughness how) {
  std::vector<std::string> paths;
  for (const sync::target& whom : all) paths.push_back(path(whom));
  std::ranges::sort(paths);
  const auto repeated = std::ranges::unique(paths);
  paths.erase(repeated.begin(), repeated.end());
  std::vector<sync::destination_problem> found;
  auto try_all = [this, &paths, &found, how] {
    found =
        check_files(paths, settings_, how, {context_.system, context_.identity, stale_temp_files_});
    // It must be readable, too.
    for (const std::string& each : paths)
      if (auto read = read_whole(context_.system, each); !read && found.empty())
        found.push_back({"path", read.error()});
  };
  co_await disk_.run(try_all);
  if (paths.size() == 1)
    for (auto& each : found) each.workspaces = all.size();
  co_return found;
}

}  // namespace tokensyncd::sinks
