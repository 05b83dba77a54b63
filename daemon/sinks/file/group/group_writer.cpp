#include "daemon/sinks/file/group/group_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/runtime/process/on_exit.hpp"
#include "daemon/sinks/file/commit/permissions.hpp"
#include "daemon/sinks/file/file_etag.hpp"
#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/file/file_look.hpp"
#include "daemon/sinks/file/file_removal.hpp"
#include "daemon/sinks/file/group/group_failure.hpp"

namespace tokensyncd::sinks {
namespace {

void fail_all(std::span<group_request* const> requests, const failure& why) {
  for (group_request* each : requests) each->outcome = why;
}

}  // namespace

std::uint32_t hash_of(const sync::etag& file) noexcept {
  const auto* const bytes = reinterpret_cast<const char*>(file.words.data());
  const std::uint64_t hash = hash_on(hash_start, {bytes, sizeof file.words});
  return static_cast<std::uint32_t>(hash ^ hash >> 32U);
}

group_writer::group_writer(const config::file_sink_settings& settings, const sink_context& context,
                           stale_temp_files& sweeper)
    : settings_(settings),
      content_(settings),
      text_(*settings.grouping, settings.text_template),
      context_(context),
      sweeper_(sweeper) {}

group_writer::~group_writer() {
  for (const auto& [path, known] : states_) context_.guard->release(path);
}

group_writer::file_state& group_writer::state_of(const std::string& path) {
  const std::scoped_lock lock{guard_};
  return states_[path];
}

std::optional<sync::etag> group_writer::written_as(const std::string& path) {
  const std::scoped_lock lock{guard_};
  return states_[path].written;
}

std::uint64_t group_writer::steps_of(const std::string& path) {
  const std::scoped_lock lock{guard_};
  return states_[path].steps;
}

void group_writer::next_step(const std::string& path) {
  const std::scoped_lock lock{guard_};
  ++states_[path].steps;
}

template <class Work>
void group_writer::as_one_write(const std::string& path, Work work) {
  next_step(path);
  auto end = [&] { next_step(path); };
  const on_exit ended{end};
  work();
}

void group_writer::set_written(const std::string& path, std::optional<sync::etag> as) {
  {
    const std::scoped_lock lock{guard_};
    states_[path].written = as;
  }
  claim_again(path);
}

void group_writer::claim_again(const std::string& path) {
  context_.guard->release(path);
  const std::scoped_lock lock{guard_};
  // Its etag is in no record, by which others would know whose it is.
  if (const auto& written = states_[path].written)
    static_cast<void>(context_.guard->claim(id_in(*written), path));
}

void group_writer::run(std::span<group_request* const> requests) {
  std::map<std::string_view, std::vector<group_request*>> additions;
  for (group_request* each : requests) {
    if (each->entry.empty()) {
      as_one_write(each->path, [&] { take_out(*each); });
    } else {
      additions[each->path].push_back(each);
    }
  }
  for (const auto& [path, those] : additions)
    as_one_write(those.front()->path, [&] { add_entries(those); });
}

void group_writer::add_entries(std::span<group_request* const> requests) {
  const std::string& path = requests.front()->path;
  const auto there = read_whole(context_.system, path);
  if (!there) return fail_all(requests, there.error());
  file_state& known = state_of(path);
  if (!*there) set_written(path, std::nullopt);
  merge all = merge_entries(text_in(*there), !*there, requests, known);
  if (!all.is_ours && !all.lacking.empty()) return wait_for_others(requests, all, known);
  std::vector<std::string_view> entries;
  for (const member_entry& each : all.entries)
    if (!each.after.empty()) entries.push_back(each.after);
  secret text = text_.join(entries);
  const bool is_as_before = *there && text.reveal() == text_in(*there);
  const auto was_written = commit(requests, std::move(text), is_as_before);
  if (was_written) settle(requests, all, known, *was_written);
}

std::optional<std::size_t> group_writer::merge::find(std::string_view workspace) const {
  const auto found = std::ranges::lower_bound(entries, workspace, {}, &member_entry::workspace);
  if (found == entries.end() || found->workspace != workspace) return std::nullopt;
  return static_cast<std::size_t>(found - entries.begin());
}

group_writer::merge group_writer::merge_entries(std::string_view text, bool is_missing,
                                                std::span<group_request* const> requests,
                                                const file_state& known) const {
  const auto split = text_.split(text);
  const auto there = entries_in(split);
  entry_finder finder{there};
  merge all;
  auto waiting = known.waiting.begin();
  // The last one has been told last who belongs to the group.
  const group_members& members = *requests.back()->members;
  all.entries.reserve(members.size());
  for (const group_member& each : members) {
    member_entry& its = all.entries.emplace_back(each.workspace);
    const auto found = there.empty() ? std::nullopt : finder.find({content_, each.workspace});
    if (found) its.before = its.after = there[*found];
    all.is_ours = all.is_ours || found;
    while (waiting != known.waiting.end() && waiting->first < each.workspace) ++waiting;
    if (waiting != known.waiting.end() && waiting->first == each.workspace)
      its.after = waiting->second.reveal();
  }
  for (const group_request* each : requests)
    if (const auto its = all.find(each->workspace)) all.entries[*its].after = each->entry.reveal();
  for (std::size_t i = 0; i != members.size(); ++i) {
    // Where there is no file, nobody can lose an entry by one that comes later.
    const bool is_waited_for = members[i].may_come && !(is_missing && members[i].is_failing);
    if (is_waited_for && all.entries[i].after.empty())
      all.lacking.push_back(all.entries[i].workspace);
  }
  return all;
}

void group_writer::wait_for_others(std::span<group_request* const> requests, const merge& all,
                                   file_state& known) {
  const std::string& path = requests.front()->path;
  // What else would be in the way is said at once.
  if (!open_directory(context_.system, directory_of(path)).is_open())
    return fail_all(requests, file_failure(path, file_step::open_directory, errno));
  fail_all(requests, incomplete_failure(path, all.lacking));
  std::erase_if(known.waiting, [&all](const auto& each) { return !all.find(each.first); });
  for (group_request* each : requests) known.waiting[each->workspace] = std::move(each->entry);
}

std::optional<bool> group_writer::commit(std::span<group_request* const> requests, secret text,
                                         bool is_as_before) {
  const std::string& path = requests.front()->path;
  const auto wanted = resolve(settings_);
  if (!wanted || text.size() > largest_group_file) {
    fail_all(requests, wanted ? too_large_failure(path) : wanted.error());
    return std::nullopt;
  }
  file_write_request request{path, std::move(text), no_shape};
  request.recorded = written_as(path);
  request.same_token = is_as_before;
  for (const group_request* each : requests)
    if (each->may_replace) request.may_replace = each->may_replace;
  file_write_request* const only = &request;
  commit_files({&only, 1}, *wanted, {context_.system, context_.identity, sweeper_},
               *context_.guard);
  if (request.stranger) {
    for (group_request* each : requests) each->stranger = request.stranger;
    return std::nullopt;
  }
  if (!request.outcome) {
    fail_all(requests, request.outcome.error());
    for (group_request* each : requests) each->is_uncertain = request.uncertain.has_value();
    claim_again(path);
    return std::nullopt;
  }
  set_written(path, request.outcome->tag);
  return request.outcome->how != sync::write_result::unchanged;
}

void group_writer::settle(std::span<group_request* const> requests, const merge& all,
                          file_state& known, bool was_written) {
  std::vector<std::string> along;
  for (const auto& [workspace, entry] : known.waiting)
    if (all.find(workspace)) along.push_back(workspace);
  const bool has_changed = std::ranges::any_of(
      all.entries, [](const member_entry& each) { return each.before != each.after; });
  const std::scoped_lock lock{guard_};
  known.came_with_others.insert(along.begin(), along.end());
  group_request* settled = requests.front();
  for (group_request* each : requests) {
    const auto its = all.find(each->workspace);
    if (!its) {
      each->outcome = has_left_failure(each->path, each->workspace);
      continue;
    }
    // What came with another's write is news to whoever asks for it here; and a file that was
    // written although all its entries were right has been repaired.
    const bool is_news = known.came_with_others.erase(each->workspace) != 0 ||
                         all.entries[*its].before != all.entries[*its].after ||
                         (was_written && !has_changed);
    each->outcome = !is_news           ? sync::write_result::unchanged
                    : each->same_token ? sync::write_result::repaired
                                       : sync::write_result::written;
    each->file = *known.written;
    std::erase(along, each->workspace);
    settled = each;
  }
  settled->along = std::move(along);
  known.waiting.clear();
}

void group_writer::take_out(group_request& request) {
  group_request* const only = &request;
  state_of(request.path).waiting.erase(request.workspace);
  const auto there = read_whole(context_.system, request.path);
  if (!there) return fail_all({&only, 1}, there.error());
  if (!*there) {
    // It may come back with its file system.
    const auto gone =
        remove_file(context_.system, request.path, request.may_replace.value_or(sync::etag{}));
    if (!gone) request.outcome = gone.error();
    return;
  }
  auto entries = text_.split(text_in(*there));
  if (!entries) return;
  const auto at = entry_finder{*entries}.find({content_, request.workspace});
  if (!at) return;
  entries->erase(entries->begin() + static_cast<std::ptrdiff_t>(*at));
  request.may_replace = make_etag((*there)->found, 0);
  if (!entries->empty()) {
    commit({&only, 1}, text_.join(*entries), false);
  } else if (const auto gone = remove_file(context_.system, request.path, *request.may_replace)) {
    set_written(request.path, std::nullopt);
  } else {
    request.outcome = gone.error();
  }
}

}  // namespace tokensyncd::sinks
