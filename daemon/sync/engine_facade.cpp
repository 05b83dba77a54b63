// What others see of the engine: each call goes to its parts.
#include <utility>

#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {

engine::engine(dependencies deps, engine_settings setup, bool spread)
    : core_(std::make_unique<core>(deps, std::move(setup), spread)) {}
engine::~engine() = default;

result<void> engine::restore() {
  return core_->restore();
}
task<void> engine::run() {
  return core_->run();
}
task<void> engine::settled() {
  return core_->settled();
}
void engine::reload(engine_settings setup) {
  core_->reload(std::move(setup));
}
std::size_t engine::sync(std::string_view id) {
  return core_->sync(id);
}
void engine::store_anew() {
  core_->store_anew();
}
bool engine::event(std::string_view id, bool copy) {
  return core_->event(id, copy);
}
task<std::vector<planned>> engine::plan(std::vector<std::string> only) {
  return core_->planner_.plan(std::move(only));
}
task<rotation_report> engine::rotate(std::string id, rotation_wish how) {
  return core_->rotation_.rotate(std::move(id), how);
}
std::optional<rotation_report> engine::broken_off_rotation() {
  return core_->rotation_.broken_off();
}
task<std::optional<rotation_outlook>> engine::outlook(std::string id) {
  return core_->rotation_.outlook(std::move(id));
}
task<std::vector<verified_token>> engine::verify(std::vector<std::string> only) {
  return core_->verification_.verify(std::move(only));
}
std::vector<std::string> engine::unattended() const {
  return core_->unattended();
}
token_test engine::tokens() {
  return core_->tokens();
}
fleet_status engine::fleet() const {
  return core_->status();
}
readiness engine::ready(std::chrono::milliseconds grace, std::string_view only) const {
  return core_->ready(grace, only);
}
std::size_t engine::size() const noexcept {
  return core_->all.book.by_id().size();
}

bool engine::next(std::string_view after, workspace_status& out) const {
  const auto slots = core_->all.book.by_id();
  const std::size_t position = core_->all.book.position_after(after);
  if (position == slots.size()) return false;
  core_->describe(slots[position], out);
  return true;
}

bool engine::find(std::string_view id, workspace_status& out) const {
  const auto slot = core_->all.book.find(id);
  if (!slot) return false;
  core_->describe(*slot, out);
  return true;
}

}  // namespace tokensyncd::sync
