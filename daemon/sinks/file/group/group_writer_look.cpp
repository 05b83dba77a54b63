#include <algorithm>

#include "daemon/sinks/file/commit/permissions.hpp"
#include "daemon/sinks/file/file_etag.hpp"
#include "daemon/sinks/file/file_look.hpp"
#include "daemon/sinks/file/group/group_writer.hpp"

namespace tokensyncd::sinks {

void group_writer::look(std::span<entry_look> entries) {
  std::map<std::string_view, std::vector<entry_look*>> by_path;
  for (entry_look& each : entries) {
    each.entry = {};
    each.is_foreign = each.is_touched = each.is_moving = false;
    by_path[each.path].push_back(&each);
  }
  for (const auto& [path, looks] : by_path) look_into(std::string{path}, looks);
}

void group_writer::look_into(const std::string& path, std::span<entry_look* const> looks) {
  sweeper_.sweep_once(directory_of(path));
  const std::uint64_t before = steps_of(path);
  const auto there = read_whole(context_.system, path);
  if (there && !*there) {
    const bool is_moving = before % 2 == 1 || steps_of(path) != before;
    for (entry_look* each : looks) each->is_moving = is_moving;
    if (!is_moving) set_written(path, std::nullopt);
  }
  // Where something can't be looked at, delivering will say why.
  if (!there || !*there) return;
  const auto split = text_.split(text_in(*there));
  const bool is_foreign = !split || !is_of_a_group(*split);
  entry_finder finder{entries_in(split)};
  for (entry_look* each : looks) {
    each->is_foreign = is_foreign;
    if (const auto at = finder.find({content_, each->workspace}))
      each->entry = secret{(*split)[*at]};
  }
  const auto wanted = resolve(settings_);
  const auto now = make_etag((*there)->found, wanted ? shape_of(no_shape, *wanted) : 0);
  const bool is_wider = (wanted && !wanted->match((*there)->found)) || has_acl(path);
  const std::scoped_lock lock{guard_};
  file_state& known = states_[path];
  const bool is_moving = before % 2 == 1 || known.steps != before;
  for (entry_look* each : looks)
    each->is_moving = is_moving || known.came_with_others.contains(each->workspace);
  // One delivery puts the whole file right.
  if (!is_moving) looks.front()->is_touched = is_touched(known, now, looks) || is_wider;
  if (!is_foreign && known.written.value_or(now) == now)
    static_cast<void>(context_.guard->claim(id_in(now), path));
}

/// Whether one of them may be an entry of any workspace; of none, that is so.
bool group_writer::is_of_a_group(std::span<const std::string_view> entries) const {
  const entry_pattern anybody{content_, std::nullopt};
  const auto fits = [&anybody](std::string_view each) { return anybody.fits(each); };
  return entries.empty() || std::ranges::any_of(entries, fits);
}

/// After a start it is known by what is recorded of the entry that was written last, which may be
/// looked at in another job: not before a second round is it sure that none of them knows the file.
bool group_writer::is_touched(file_state& known, const sync::etag& now,
                              std::span<entry_look* const> looks) {
  if (known.written) return *known.written != now;
  const auto knows_it = [&now](const entry_look* each) { return each->file == hash_of(now); };
  if (std::ranges::any_of(looks, knows_it)) {
    known.written = now;
    return false;
  }
  if (known.looked_at_first.empty()) {
    known.looked_at_first = looks.front()->workspace;
    return false;
  }
  return known.looked_at_first == looks.front()->workspace;
}

}  // namespace tokensyncd::sinks
