#include "daemon/sinks/file/group/group_writer.hpp"

#include <algorithm>
#include <utility>

#include "daemon/sinks/file/commit/permissions.hpp"
#include "daemon/sinks/file/file_etag.hpp"
#include "daemon/sinks/file/file_look.hpp"
#include "daemon/sinks/file/file_removal.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr std::size_t most_named = 3;

/// In an etag of the whole file the entries don't count: they are compared themselves.
constexpr std::uint64_t no_shape = 0;

void fail(std::span<group_request* const> requests, const failure& why) {
  for (group_request* each : requests) each->outcome = why;
}

/// Names a few; of many each sentence would differ from that of the next one.
failure incomplete(const std::string& path, std::span<const std::string_view> lacking) {
  if (lacking.size() > most_named)
    return {failure_kind::incomplete, path + " waits for the tokens of other workspaces"};
  std::string sentence = path + " waits for the token of ";
  for (const std::string_view each : lacking)
    sentence.append(each == lacking.front() ? "" : ", ").append(each);
  return {failure_kind::incomplete, std::move(sentence)};
}

std::string_view text_of(const std::optional<whole_file>& file) {
  return file ? file->text.reveal() : std::string_view{};
}

}  // namespace

group_writer::group_writer(const config::file_sink_settings& settings, const sink_context& context,
                           stale_temp_files& sweeper)
    : settings_(settings),
      content_(settings),
      text_(*settings.grouping, settings.text_template),
      context_(context),
      sweeper_(sweeper) {}

group_writer::memory& group_writer::memory_of(const std::string& path) {
  const std::scoped_lock lock{guard_};
  return memories_[path];
}

void group_writer::keep_claim(const std::string& path) {
  context_.guard->release(path);
  const std::scoped_lock lock{guard_};
  // Its etag is in no record, by which others would know whose it is.
  if (const auto& written = memories_[path].written)
    static_cast<void>(context_.guard->claim({written->words[0], written->words[1]}, path));
}

void group_writer::run(std::span<group_request* const> requests) {
  std::map<std::string_view, std::vector<group_request*>> additions;
  for (group_request* each : requests) {
    if (each->entry.empty()) {
      take_out(*each);
    } else {
      additions[each->path].push_back(each);
    }
  }
  for (const auto& [path, those] : additions) add_entries(those);
}

void group_writer::add_entries(std::span<group_request* const> requests) {
  const std::string& path = requests.front()->path;
  const auto there = read_whole(context_.system, path);
  if (!there) return fail(requests, there.error());
  memory& known = memory_of(path);
  merge all = merge_entries(text_of(*there), requests, known);
  if (!(*there && all.is_ours) && !all.lacking.empty()) {
    fail(requests, incomplete(path, all.lacking));
    for (group_request* each : requests)
      known.waiting[std::string{each->whom.workspace}] = std::move(each->entry);
    return;
  }
  std::vector<std::string_view> entries;
  for (const place& each : all.places)
    if (!each.after.empty()) entries.push_back(each.after);
  secret text = text_.join(entries);
  const bool is_as_before = *there && text.reveal() == text_of(*there);
  if (write(requests, std::move(text), is_as_before)) settle(requests, all, known);
}

group_writer::place* group_writer::merge::find(std::string_view workspace) {
  const auto found = std::ranges::lower_bound(places, workspace, {}, &place::workspace);
  return found == places.end() || found->workspace != workspace ? nullptr : &*found;
}

group_writer::merge group_writer::merge_entries(std::string_view text,
                                                std::span<group_request* const> requests,
                                                const memory& known) const {
  const auto split = text_.split(text);
  const auto entries = split.value_or(std::vector<std::string_view>{});
  entry_finder finder{entries};
  merge all;
  auto waiting = known.waiting.begin();
  // The last one has been told last who belongs to the group.
  const auto& members = *requests.back()->members;
  all.places.reserve(members.size());
  for (const sync::sink_member& each : members) {
    place& its = all.places.emplace_back(each.workspace);
    const auto found =
        entries.empty() ? std::nullopt : finder.find({content_, {each.workspace, *each.labels}});
    if (found) its.before = its.after = entries[*found];
    while (waiting != known.waiting.end() && waiting->first < each.workspace) ++waiting;
    if (waiting != known.waiting.end() && waiting->first == each.workspace)
      its.after = waiting->second.reveal();
  }
  for (const group_request* each : requests)
    if (place* const its = all.find(each->whom.workspace)) its->after = each->entry.reveal();
  for (std::size_t i = 0; i != members.size(); ++i)
    if (members[i].may_come && all.places[i].after.empty())
      all.lacking.push_back(all.places[i].workspace);
  all.is_ours = split && finder.found_all_in_order();
  return all;
}

bool group_writer::write(std::span<group_request* const> requests, secret text, bool is_as_before) {
  const auto wanted = resolve(settings_);
  if (!wanted) {
    fail(requests, wanted.error());
    return false;
  }
  file_write_request request{requests.front()->path, std::move(text), no_shape};
  memory& known = memory_of(request.path);
  request.recorded = known.written;
  request.same_token = is_as_before;
  for (const group_request* each : requests)
    if (each->may_replace) request.may_replace = each->may_replace;
  file_write_request* const only = &request;
  commit_files({&only, 1}, *wanted, {context_.system, context_.identity, sweeper_},
               *context_.guard);
  if (request.stranger) {
    for (group_request* each : requests) each->stranger = request.stranger;
    return false;
  }
  if (!request.outcome) {
    fail(requests, request.outcome.error());
    return false;
  }
  const std::scoped_lock lock{guard_};
  known.written = request.outcome->tag;
  return true;
}

void group_writer::settle(std::span<group_request* const> requests, merge& all, memory& known) {
  for (const auto& [workspace, entry] : known.waiting)
    if (all.find(workspace) != nullptr) known.came_with_others.insert(workspace);
  for (group_request* each : requests) {
    const bool came = known.came_with_others.erase(std::string{each->whom.workspace}) != 0;
    const place* const its = all.find(each->whom.workspace);
    const bool is_same = its != nullptr && its->before == its->after;
    // What came with another's write is news to whoever asks for it here.
    each->outcome = !is_same || came ? sync::write_result::written : sync::write_result::unchanged;
    if (!is_same && each->is_known) each->outcome = sync::write_result::repaired;
  }
  known.waiting.clear();
}

void group_writer::take_out(group_request& request) {
  memory& known = memory_of(request.path);
  known.waiting.erase(std::string{request.whom.workspace});
  group_request* const only = &request;
  const auto there = read_whole(context_.system, request.path);
  if (!there) return fail({&only, 1}, there.error());
  if (!*there) {
    const auto gone = remove_file(context_.system, request.path, {});
    return gone ? void() : fail({&only, 1}, gone.error());
  }
  const auto found = make_etag((*there)->found, 0);
  auto entries = text_.split(text_of(*there));
  const auto at = entries ? entry_finder{*entries}.find({content_, request.whom}) : std::nullopt;
  if (!entries) {
    return fail({&only, 1}, {failure_kind::conflict,
                             request.path + " is not what tokensyncd wrote, so the entry of " +
                                 std::string{request.whom.workspace} +
                                 " is kept: remove it by hand if it is not needed"});
  }
  if (!at) return;
  entries->erase(entries->begin() + static_cast<std::ptrdiff_t>(*at));
  if (entries->empty()) {
    const auto gone = remove_file(context_.system, request.path, found);
    return gone ? void() : fail({&only, 1}, gone.error());
  }
  request.may_replace = found;
  static_cast<void>(write({&only, 1}, text_.join(*entries), false));
}

void group_writer::look(std::span<entry_look> entries) {
  std::map<std::string_view, std::vector<entry_look*>> by_path;
  for (entry_look& each : entries) by_path[each.path].push_back(&each);
  for (const auto& [path, looks] : by_path) look_at(std::string{path}, looks);
}

void group_writer::look_at(const std::string& path, std::span<entry_look* const> looks) {
  sweeper_.sweep_once(directory_of(path));
  const auto wanted = resolve(settings_);
  const auto there = read_whole(context_.system, path);
  // Where something can't be looked at, delivering will say why.
  if (!wanted || !there || !*there) return;
  const auto split = text_.split(text_of(*there));
  if (!split) return;
  entry_finder finder{*split};
  for (entry_look* each : looks)
    if (const auto at = finder.find({content_, each->whom})) each->entry = secret{(*split)[*at]};
  const auto etag = make_etag((*there)->found, shape_of(no_shape, *wanted));
  const std::scoped_lock lock{guard_};
  const auto& written = memories_[path].written;
  // One delivery puts the whole file right.
  looks.front()->is_touched =
      written ? *written != etag : !wanted->match((*there)->found) || has_acl(path);
}

}  // namespace tokensyncd::sinks
