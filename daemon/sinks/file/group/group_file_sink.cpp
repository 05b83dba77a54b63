#include "daemon/sinks/file/group/group_file_sink.hpp"

#include <algorithm>
#include <chrono>
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

constexpr int most_looks = 8;

/// More than a channel has in flight.
constexpr std::size_t entries_in_a_commit = 1024;

/// For how long a list of members is as good as a new one, as making it takes a while.
constexpr std::chrono::milliseconds members_stay{100};

/// In the last word of an entry's etag: of its file, a hash and the device (whose number has 32
/// bits, whatever its type has).
std::uint64_t word_of(const sync::etag& file) {
  return std::uint64_t{hash_of(file)} << 32U | (file.words[0] & 0xFFFF'FFFFU);
}
std::uint32_t hash_in(const sync::etag& entry) {
  return static_cast<std::uint32_t>(entry.words[3] >> 32U);
}
/// The etag of a file of which nothing but its device is known.
sync::etag file_on_device_of(const sync::etag& entry) {
  return {{entry.words[3] & 0xFFFF'FFFFU, 0, 0, 0}};
}

/// Whether two etags are of the same entry, made of the same settings, in whatever file.
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
    request.members = members_of(request, what);
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
  tag.words[3] = word_of(request.file);
  // What never came to a write leaves what an earlier one may have left.
  const bool is_news = request.is_uncertain || request.outcome;
  if (what.uncertain != nullptr && is_news)
    *what.uncertain = request.is_uncertain ? tag : sync::etag{};
  if (!request.outcome) co_return std::move(request.outcome).error();
  co_return sync::delivered{*request.outcome, tag, std::move(request.along)};
}

std::shared_ptr<const group_members> group_file_sink::members_of(
    const group_request& request, const sync::delivery_request& what) {
  const steady_time now = context_.time.now();
  known_members& known = members_[request.path];
  const auto is_listed = [&] {
    return std::ranges::binary_search(*known.list, request.workspace, {}, &group_member::workspace);
  };
  if (known.list != nullptr && now < known.until && is_listed()) return known.list;
  auto list = std::make_shared<group_members>();
  const bool is_one_file = settings_.grouping->label.empty();
  for (sync::sink_member& each : what.members()) {
    if (is_one_file || path({each.workspace, *each.labels}) == request.path)
      list->push_back({std::move(each.workspace), each.may_come, each.is_failing});
  }
  known = {std::move(list), now + members_stay};
  return known.list;
}

task<void> group_file_sink::inspect(std::span<sync::inspection> destinations) {
  std::vector<entry_look> looks;
  looks.reserve(destinations.size());
  for (const sync::inspection& each : destinations)
    looks.push_back({path(each.whom), std::string{each.whom.workspace}, hash_in(each.tag)});
  auto look = [this, &looks] { writer_.look(looks); };
  // A write takes milliseconds, so that one of a few looks is beside none.
  for (int pass = 0; pass != most_looks; ++pass) {
    co_await disk_.run(look);
    if (std::ranges::none_of(looks, &entry_look::is_moving)) break;
  }
  for (std::size_t i = 0; i != looks.size(); ++i) {
    if (looks[i].is_moving) continue;
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
  request.may_replace = file_on_device_of(tag);
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
