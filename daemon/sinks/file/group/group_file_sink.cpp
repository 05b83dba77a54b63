#include "daemon/sinks/file/group/group_file_sink.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sinks/file/file_check.hpp"
#include "daemon/sinks/file/file_destination.hpp"
#include "daemon/sinks/file/file_failure.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr std::size_t entries_in_a_commit = 4096;

/// The last word of an entry's etag, so that it is never one of a file.
constexpr std::uint64_t entry_mark = 0x656E'7472'7900'0000;

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
  std::memcpy(tag.words.data(), print.bytes.data(), print.bytes.size());
  tag.words[2] = content_.shape(whom);
  tag.words[3] = entry_mark;
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
  group_request request{path(what.whom), what.whom};
  request.entry = content_.render(what.whom, what.what, what.token);
  request.is_known = what.present && what.present->token == what.what.token;
  request.members =
      std::make_shared<const std::vector<sync::sink_member>>(members_of(request.path, what));
  const sync::etag tag = etag_of(what.whom, request.entry);
  auto end = [this, &request] { writer_.keep_claim(request.path); };
  const on_exit released{end};
  for (int pass = 0; pass != most_passes; ++pass) {
    co_await commits_.run(request);
    if (!request.stranger) {
      if (!request.outcome) co_return std::move(request.outcome).error();
      co_return sync::delivered{*request.outcome, tag};
    }
    // Of an earlier run, or a stranger's: replaced, unless another entry has it recorded.
    if (const auto whose = owner_of(*request.stranger, what); !whose.empty())
      co_return shared_destination_failure(request.path, whose);
    request.may_replace = std::exchange(request.stranger, std::nullopt);
  }
  co_return keeps_changing_failure(request.path);
}

std::vector<sync::sink_member> group_file_sink::members_of(
    const std::string& file, const sync::delivery_request& what) const {
  std::vector<sync::sink_member> members;
  if (what.members) members = what.members();
  if (!settings_.grouping->label.empty()) {
    std::erase_if(members, [&](const sync::sink_member& each) {
      return path({each.workspace, *each.labels}) != file;
    });
  }
  return members;
}

task<void> group_file_sink::inspect(std::span<sync::inspection> destinations) {
  std::vector<entry_look> looks;
  looks.reserve(destinations.size());
  for (const sync::inspection& each : destinations) looks.push_back({each.whom, path(each.whom)});
  auto look = [this, &looks] { writer_.look(looks); };
  co_await disk_.run(look);
  for (std::size_t i = 0; i != looks.size(); ++i) {
    const bool is_right = !looks[i].entry.empty() && !looks[i].is_touched &&
                          etag_of(looks[i].whom, looks[i].entry) == destinations[i].tag;
    destinations[i].seen =
        is_right ? sync::destination_state::as_recorded : sync::destination_state::drifted;
  }
}

task<result<void>> group_file_sink::withdraw(const sync::target& whom, const sync::etag& /*tag*/) {
  group_request request{path(whom), whom};
  co_return co_await take_out(std::move(request));
}

task<result<void>> group_file_sink::withdraw_from(std::string_view destination,
                                                  const sync::etag& /*tag*/) {
  const entry_place place = parse_entry_destination(destination);
  const config::labels unknown;
  group_request request{place.path, {place.workspace, unknown}};
  co_return co_await take_out(std::move(request));
}

task<result<void>> group_file_sink::take_out(group_request request) {
  co_await commits_.run(request);
  writer_.keep_claim(request.path);
  if (request.stranger) co_return keeps_changing_failure(request.path);
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
  auto try_all = [this, &paths, how] {
    return check_files(paths, settings_, how,
                       {context_.system, context_.identity, stale_temp_files_});
  };
  co_return co_await disk_.run(try_all);
}

}  // namespace tokensyncd::sinks
