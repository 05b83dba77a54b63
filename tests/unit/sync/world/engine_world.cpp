#include "tests/unit/sync/world/engine_world.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/hold.hpp"

namespace tokensyncd::sync {

std::string fake_sink::destination(const target& whom) const {
  if (destination_throws) throw std::logic_error("token a2");
  std::string where = directory_ + "/";
  for (const auto& [name, value] : whom.labels) {
    if (same_place_for_all_labels) break;
    where += name == "in" ? value + "/" : "";
  }
  return label_is_the_place ? where : where + std::string(whom.workspace);
}

void fake_sink::release() {
  release_looks();
  release_all(held_, waiting_);
}

void fake_sink::release_looks() {
  release_all(looks_held_, waiting_looks_);
}

void fake_sink::release_removals() {
  release_all(removals_held_, waiting_removals_);
}

task<result<delivered>> fake_sink::deliver(const delivery_request& what) {
  const std::string workspace{what.whom.workspace};
  twice_at_once = !busy_.insert(workspace).second || twice_at_once;
  auto done = co_await write(what);
  busy_.erase(workspace);
  co_return done;
}

void fake_sink::end_tend() {
  tends = false;
  if (tend_sleep_ != nullptr) tend_sleep_->wake();
}

task<void> fake_sink::tend() {
  ++tends_begun;
  const auto me = time_.make_sleeper();
  tend_sleep_ = me.get();
  try {
    if (tends) co_await me->sleep_until(steady_time::max());
  } catch (const boost::system::system_error&) {
    content_at_the_end = content;
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await me->sleep_until(time_.now() + last_word);
  tend_sleep_ = nullptr;
  ++tends_ended;
  if (breaks) throw std::runtime_error(*breaks);
}

task<result<delivered>> fake_sink::write(const delivery_request& what) {
  ++attempts;
  if (on_deliver) on_deliver();
  was_told_of_drift = what.present && what.present->drifted;
  was_told_of = what.present ? std::optional(what.present->token) : std::nullopt;
  const etag_test is_it = [this](const etag& tag) { return tag.words[0] == asks_about_etag; };
  has_etag = asks_about_etag ? what.others(is_it) : std::nullopt;
  const std::string where = destination(what.whom);
  const std::string workspace{what.whom.workspace};
  if (held_) co_await wait_for_release(time_, waiting_);
  if (throws) throw std::logic_error("token a2");
  if (trouble && fails_after_writing) {
    content[where] = what.token.reveal();
    if (what.uncertain != nullptr) what.uncertain->words[0] = 1000 + what.what.generation;
  }
  if (trouble) co_return *trouble;
  if (waits_for_all) {
    came_.insert(workspace);
    for (const sink_member& each : what.members())
      if (each.may_come && !came_.contains(each.workspace))
        co_return failure{failure_kind::incomplete, "waits for " + each.workspace};
  }
  if (unreachable.contains(workspace)) {
    co_return failure{failure_kind::missing_place, "no directory for " + workspace};
  }
  if (what.uncertain != nullptr) *what.uncertain = {{may_come_back}};
  const bool right = content[where] == what.token.reveal();
  written_[where] = what.token.reveal();
  const bool was_recorded = what.present && what.present->token == what.what.token;
  delivered done;
  for (const std::string& each : came_)
    if (each != workspace) done.along.push_back(each);
  done.tag.words[0] = what.what.generation;
  done.how = write_result::unchanged;
  if (!right) {
    content[where] = what.token.reveal();
    writes.push_back(workspace);
    if (on_written) on_written();
    done.how = was_recorded ? write_result::repaired : write_result::written;
  }
  co_return done;
}

task<void> fake_sink::inspect(std::span<inspection> destinations) {
  ++looks;
  if (looks_held_) co_await wait_for_release(time_, waiting_looks_);
  if (throws) throw std::logic_error("token a2");
  for (auto& each : destinations) {
    const std::string where = destination(each.whom);
    if (unseen.contains(where)) continue;
    const bool differs = looks_at_content && content[where] != written_[where];
    each.seen = drifted.erase(where) != 0 || differs ? destination_state::drifted
                                                     : destination_state::as_recorded;
  }
}

task<result<void>> fake_sink::withdraw(const target& whom, const etag& tag) {
  const std::string where = destination(whom);
  co_return co_await withdraw_from(where, tag);
}

task<result<void>> fake_sink::withdraw_from(std::string_view destination, const etag& tag) {
  const std::string where{destination};
  ++removals;
  withdrawn_etag = tag.words[0];
  if (removals_held_) co_await wait_for_release(time_, waiting_removals_);
  if (throws) throw std::logic_error("token a2");
  if (removal_error) co_return *removal_error;
  content.erase(where);
  co_return result<void>{};
}

task<std::vector<destination_problem>> fake_sink::check(std::span<const target> all,
                                                        thoroughness how) {
  std::vector<destination_problem> found;
  if (looks_held_ && how == thoroughness::try_out) co_await wait_for_release(time_, waiting_);
  for (const target& whom : all) {
    const std::string where = destination(whom);
    if (!obstacles.contains(where)) continue;
    found.push_back({"path", {failure_kind::no_permission, "nobody may write " + where}});
  }
  co_return found;
}

result<void> fake_store::load(wall_time,
                              const std::function<void(const stored_workspace&)>& on_workspace,
                              const std::function<void(const stored_presence&)>& on_presence) {
  for (const auto& [id, row] : workspaces) on_workspace(row);
  for (const auto& [destination, row] : destinations) on_presence(row);
  return {};
}

task<> fake_store::close() {
  ++closes;
  if (throws) throw std::logic_error("token a2");
  co_return;
}

task<result<void>> fake_store::save(std::vector<change> changes) {
  if (on_save) on_save();
  if (throws) throw std::logic_error("token a2");
  if (trouble) co_return *trouble;
  ++commits;
  for (auto& each : changes) {
    if (const auto* length = std::get_if<seen_length>(&each)) {
      lengths.insert(length->bytes);
    } else if (auto* row = std::get_if<stored_workspace>(&each)) {
      const auto formers = workspaces[row->id].formers;
      workspaces[row->id] = *row;
      if (!row->formers) workspaces[row->id].formers = formers;
    } else if (auto* destination = std::get_if<stored_presence>(&each)) {
      destinations[destination->destination] = *destination;
    } else if (auto* seen = std::get_if<seen_presence>(&each)) {
      if (destinations.contains(seen->destination))
        destinations[seen->destination].hook_seen = seen->generation;
    } else if (auto* owned = std::get_if<owned_presence>(&each)) {
      if (!destinations.contains(owned->destination)) continue;
      destinations[owned->destination].sink = owned->sink;
      destinations[owned->destination].removal = owned->removal;
    } else {
      destinations.erase(std::get<forgotten_presence>(each).destination);
    }
  }
  co_return result<void>{};
}

engine_world_test::engine_world_test() = default;

engine_world_test::~engine_world_test() {
  kill();
}

void engine_world_test::add(std::string id, std::vector<std::uint16_t> sinks,
                            std::chrono::milliseconds interval) {
  const config::workspace_profile profile{interval, true, std::move(sinks), {}};
  auto found = std::find(profiles.begin(), profiles.end(), profile);
  if (found == profiles.end()) found = profiles.insert(found, profile);
  workspaces.push_back({std::move(id), static_cast<std::uint32_t>(found - profiles.begin())});
  std::sort(workspaces.begin(), workspaces.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
}

engine_settings engine_world_test::setup() const {
  engine_settings all;
  all.from = partner;
  all.checker = public_api;
  all.verify_after = verify_after;
  all.workers = workers;
  all.rate_limit = rate_limit;
  all.jitter = 0;
  all.sinks = {{"files", true, removal, files}, {"vault", true, removal, vault}};
  if (reload_app) {
    all.sinks[0].on_change = reload_app;
    all.sinks[0].debounce = std::chrono::seconds{2};
  }
  all.profiles = profiles;
  all.workspaces = workspaces;
  all.expects_events = expects_events;
  all.whole = whole;
  return all;
}

void engine_world_test::start() {
  const dependencies world{time, rng, state, seen, prints};
  daemon = std::make_unique<engine>(world, setup(), spread);
  if (!daemon->restore()) throw std::runtime_error("the fake store can always be read");
  running = std::make_unique<task_group>(loop.get_executor());
  running->start(daemon->run());
  time.on_step = [this] { EXPECT_THAT(daemon->unattended(), testing::IsEmpty()); };
  time.run_for(std::chrono::nanoseconds{0});
}

void engine_world_test::stop() {
  if (!running) return;
  running->cancel();
  time.run_for(std::chrono::seconds{0});
  kill();
}

void engine_world_test::kill() {
  if (!running) return;
  const recorder before = seen;
  const fake_store stored = state;
  const auto in_files = files->content;
  const auto in_vault = vault->content;
  time.on_step = {};
  files->release();
  vault->release();
  if (reload_app) reload_app->release();
  api->release();
  api->release_rotations();
  running->cancel();
  time.run_for(std::chrono::seconds{0});
  running.reset();
  daemon.reset();
  seen = before;
  state = stored;
  files->content = in_files;
  vault->content = in_vault;
}

workspace_status engine_world_test::status(std::string_view id) const {
  workspace_status out;
  if (!daemon->find(id, out)) throw std::runtime_error("no such workspace");
  return out;
}

std::string engine_world_test::at(const fake_sink& where, const std::string& destination) {
  const auto found = where.content.find(destination);
  return found == where.content.end() ? "nothing" : found->second;
}

}  // namespace tokensyncd::sync
