#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sync/ports/source.hpp"
#include "daemon/sync/ports/verifier.hpp"

namespace tokensyncd::sync {

/// The Partner API as a table: what each workspace is answered from now on.
class fake_source final : public source {
 public:
  explicit fake_source(clock& time) : time_(time) {}

  void answers(const std::string& workspace, std::string token,
               std::optional<wall_time> rotated_at = {});
  void fails(const std::string& workspace, failure_kind kind,
             std::optional<std::chrono::milliseconds> retry_after = {});
  /// What a GET is answered with instead; empty: nothing. As by a replica that lags behind.
  std::function<std::string(const std::string& workspace)> instead;
  std::optional<wall_time> instead_at;  ///< its rotated_at
  /// Holds answers back until release().
  void hold() { held_ = true; }
  void release();

  /// What POST answers from now on, and GET after that: a new token.
  void rotates_to(const std::string& workspace, std::string token,
                  std::optional<wall_time> rotated_at = {});
  /// POST fails; `token`: what GET answers afterwards, where it was rotated all the same.
  void fails_to_rotate(const std::string& workspace, failure_kind kind, bool may_have_rotated,
                       std::string token = {});
  /// Holds answers to POST back until release_rotations().
  void hold_rotations() { rotations_held_ = true; }
  void release_rotations();
  std::vector<std::string> posts;  ///< workspaces, as they were asked to be rotated
  std::function<void()> on_rotate;
  bool throws = false;                 ///< at every call
  std::set<std::string> without_time;  ///< workspaces whose rotated_at is no time
  unsigned under_way = 0;
  unsigned most_under_way = 0;  ///< calls at once

  struct call {
    std::string workspace;
    steady_time when;
    bool needs_token;
  };
  std::vector<call> log;
  [[nodiscard]] std::size_t count(std::string_view workspace) const;

  task<fetched> fetch(const fetch_request& what) override;
  task<rotation_answer> rotate(std::string_view workspace) override;

 private:
  struct rotation {
    std::string token;
    std::optional<wall_time> rotated_at;
    std::optional<failure_kind> failure;
    bool may_have_rotated = false;
  };
  struct reply {
    std::string token;
    std::optional<wall_time> rotated_at;
    std::optional<failure_kind> failure;
    std::optional<std::chrono::milliseconds> retry_after;
  };
  clock& time_;
  body_hasher hasher_;
  std::map<std::string, reply> replies_;
  std::map<std::string, rotation> rotations_;
  bool held_ = false;
  bool rotations_held_ = false;
  std::vector<sleeper*> waiting_;
  std::vector<sleeper*> waiting_rotations_;
};

/// The Public API: what it says of each token.
class fake_verifier final : public verifier {
 public:
  std::map<std::string, token_state> says;  ///< by token; others work
  std::vector<std::string> asked;           ///< tokens, as they were asked about

  task<verification> verify(std::string_view workspace, const secret& token) override;
};

}  // namespace tokensyncd::sync
