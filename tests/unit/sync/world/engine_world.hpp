#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sync/engine.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/quiet_store.hpp"
#include "tests/unit/sync/world/fake_hook.hpp"
#include "tests/unit/sync/world/fake_source.hpp"
#include "tests/unit/sync/world/recorder.hpp"

namespace tokensyncd::sync {

/// A sink that is a map: place -> token. The place is below the value of the label `in`, if any.
class fake_sink final : public sink {
 public:
  fake_sink(clock& time, std::string directory) : time_(time), directory_(std::move(directory)) {}

  std::map<std::string, std::string> content;  ///< by place
  std::vector<std::string> writes;             ///< workspaces, as they were written
  std::optional<failure> trouble;              ///< every delivery fails with it
  std::set<std::string> obstacles;             ///< places that check() says can't be written
  std::set<std::string> unreachable;           ///< workspaces whose deliveries fail
  bool waits_for_all = false;     ///< deliveries are `incomplete` until each workspace has had one
  std::set<std::string> drifted;  ///< places that inspect() reports once
  bool looks_at_content = false;  ///< inspect() reports what isn't as it was written
  std::set<std::string> unseen;   ///< places that inspect() can't look at
  std::optional<failure> removal_error;  ///< every removal fails with it
  std::size_t removals = 0;
  bool fails_after_writing = false;             ///< a delivery that fails with `trouble` is done
  std::uint64_t may_come_back = 0;              ///< first word of a mark that deliveries say of
  std::optional<std::uint64_t> withdrawn_etag;  ///< its first word, of the last removal
  bool same_place_for_all_labels = false;
  bool label_is_the_place = false;  ///< `in` alone, whatever the workspace
  std::string reach;    ///< what places that it reaches begin with; empty: with its directory
  std::string same_as;  ///< instead of the directory, in canonical_location()
  bool marks_are_places = false;  ///< mark_is_the_place()
  /// A mark (its first word) of which each delivery asks who has it, and who that was.
  std::optional<std::uint64_t> asks_about_etag{};
  std::optional<etag_owner> has_etag{};
  std::size_t attempts = 0;
  std::size_t looks = 0;       ///< calls of inspect()
  bool twice_at_once = false;  ///< deliver() was called for a workspace that it was at
  std::function<void()> on_deliver;
  bool throws = false;                     ///< whatever is called
  bool destination_throws = false;         ///< place() does
  std::function<void()> on_written;        ///< called after each new entry of `writes`
  bool was_told_of_drift = false;          ///< with the last delivery
  std::optional<fingerprint> was_told_of;  ///< token that the last delivery was said to replace
  std::chrono::milliseconds interval{0};   ///< inspect_interval()
  std::optional<wall_time> expires{};      ///< login_expires()
  bool tends = false;                      ///< else tend() returns at once
  std::optional<std::string> breaks{};     ///< tend() throws it when it ends
  std::chrono::milliseconds last_word{0};  ///< how long tend() takes to end
  std::size_t tends_begun = 0;
  std::size_t tends_ended = 0;
  std::map<std::string, std::string> content_at_the_end;  ///< when tend() was asked to end
  /// Has tend() end by itself.
  void end_tend();

  /// Holds deliveries back until release().
  void hold() { held_ = true; }
  /// Holds looks at its places back until release().
  void hold_looks() { looks_held_ = true; }
  void release_looks();
  /// Holds removals back until release_removals().
  void hold_removals() { removals_held_ = true; }
  void release_removals();
  void release();

  [[nodiscard]] std::string_view type() const noexcept override { return "fake"; }
  [[nodiscard]] std::string destination(const target& whom) const override;
  [[nodiscard]] std::string canonical_location(const target& whom) const override {
    return same_as.empty() ? destination(whom) : same_as + std::string(whom.workspace);
  }
  [[nodiscard]] bool etag_is_the_destination() const noexcept override { return marks_are_places; }
  task<result<delivered>> deliver(const delivery_request& what) override;
  task<void> inspect(std::span<inspection> destinations) override;
  task<result<void>> withdraw(const target& whom, const etag& tag) override;
  [[nodiscard]] bool reaches(std::string_view destination) const override {
    return destination.starts_with(reach.empty() ? directory_ + "/" : reach);
  }
  task<result<void>> withdraw_from(std::string_view destination, const etag& tag) override;
  task<std::vector<destination_problem>> check(std::span<const target> all,
                                               thoroughness how) override;
  [[nodiscard]] std::chrono::milliseconds inspect_interval() const noexcept override {
    return interval;
  }
  task<void> tend() override;
  [[nodiscard]] std::optional<wall_time> login_expires() const noexcept override { return expires; }

 private:
  task<result<delivered>> write(const delivery_request& what);

  clock& time_;
  std::string directory_;
  std::set<std::string> busy_;
  std::set<std::string> came_;                  // while `waits_for_all`
  std::map<std::string, std::string> written_;  // by place
  sleeper* tend_sleep_ = nullptr;
  bool held_ = false;
  bool looks_held_ = false;
  bool removals_held_ = false;
  std::vector<sleeper*> waiting_removals_;
  std::vector<sleeper*> waiting_looks_;
  std::vector<sleeper*> waiting_;
};

/// What survives the engine.
class fake_store final : public tests::quiet_store {
 public:
  std::map<std::string, stored_workspace> workspaces;
  std::map<std::string, stored_presence> destinations;
  std::set<std::uint16_t> lengths;
  std::optional<failure> trouble;
  bool throws = false;
  std::size_t commits = 0;
  std::size_t closes = 0;
  std::function<void()> on_save;

  result<void> load(wall_time now, const std::function<void(const stored_workspace&)>& on_workspace,
                    const std::function<void(const stored_presence&)>& on_presence) override;
  result<std::vector<std::uint16_t>> token_lengths() override {
    return std::vector<std::uint16_t>(lengths.begin(), lengths.end());
  }
  task<result<void>> save(std::vector<change> changes) override;
  task<> close() override;
};

/// Chance that is always the middle: no jitter.
class no_rng final : public random_source {
 public:
  std::uint64_t bits() override { return std::uint64_t{1} << 63U; }
};

/// An engine among fakes, on a clock that is moved by hand.
struct engine_world_test {
  asio::io_context loop{1};
  support::manual_clock time{loop};
  no_rng rng;
  fingerprinter prints{installation_key{}};
  fake_store state;
  recorder seen;
  std::shared_ptr<fake_source> api = std::make_shared<fake_source>(time);
  std::shared_ptr<source> partner = api;  ///< whom the engine asks
  std::shared_ptr<fake_verifier> public_api = std::make_shared<fake_verifier>();
  bool verify_after = false;
  std::shared_ptr<fake_sink> files = std::make_shared<fake_sink>(time, "files");
  std::shared_ptr<fake_sink> vault = std::make_shared<fake_sink>(time, "vault");
  std::vector<config::workspace_profile> profiles;
  std::vector<config::workspace> workspaces;
  double rate_limit = 0;
  unsigned workers = 4;
  bool expects_events = true;
  config::on_remove removal = config::on_remove::keep;
  std::shared_ptr<fake_hook> reload_app;  ///< of files; null: none
  bool spread = true;
  bool whole = true;
  std::unique_ptr<engine> daemon;
  std::unique_ptr<task_group> running;

  engine_world_test();
  ~engine_world_test();

  /// One more workspace of the configuration, in `sinks` (0: files, 1: vault).
  void add(std::string id, std::vector<std::uint16_t> sinks = {0},
           std::chrono::milliseconds interval = std::chrono::seconds{60});

  [[nodiscard]] engine_settings setup() const;

  /// Starts an engine on what the store remembers, and runs what it does at once.
  void start();
  /// Ends it as SIGTERM would.
  void stop();
  /// Ends it as kill -9 would: nothing more is done or told.
  void kill();
  void restart() {
    stop();
    start();
  }

  [[nodiscard]] workspace_status status(std::string_view id) const;
  [[nodiscard]] std::string file(const std::string& id) const { return at(*files, "files/" + id); }
  [[nodiscard]] std::string secret_in_vault(const std::string& id) const {
    return at(*vault, "vault/" + id);
  }

 private:
  static std::string at(const fake_sink& where, const std::string& destination);
};

}  // namespace tokensyncd::sync
