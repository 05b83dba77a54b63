#include "daemon/commands/check/check_api.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "daemon/runtime/async/task_group.hpp"

namespace tokensyncd::commands {

namespace {

/// As many workspaces in trouble of their own as make it the API's (see sync::upstream).
constexpr std::size_t too_many_failures = 3;

/// Whether a failure may be one workspace's own.
bool may_be_its_own(failure_kind kind) {
  switch (kind) {
    case failure_kind::server_error:
    case failure_kind::timed_out:
    case failure_kind::cut:
    case failure_kind::malformed:
    case failure_kind::too_large:
    case failure_kind::invalid:
      return true;
    default:
      return false;
  }
}

class inquiry {
 public:
  inquiry(source::partner_source& api, const config::configuration& settings, clock& time)
      : api_(api),
        settings_(settings),
        time_(time),
        next_call_(time.now()),
        chosen_(choose_workspaces(settings.workspaces.size(), settings.partner.rate_limit)) {
    answers_.workspaces = settings.workspaces.size();
  }

  task<api_answers> run() {
    const auto pause = time_.make_sleeper();
    co_await ask_next(*pause);
    const auto home = co_await asio::this_coro::executor;
    task_group workers{home};
    for (unsigned i = 0; i != settings_.partner.max_connections; ++i) {
      workers.start(work());
    }
    co_await workers.join();
    if (const auto ahead = api_.clock_ahead()) {
      if (auto warning = clock_warning(*ahead); !warning.empty())
        answers_.warnings.push_back(std::move(warning));
    }
    co_return std::move(answers_);
  }

 private:
  task<> work() {
    const auto pause = time_.make_sleeper();
    while (next_ != chosen_.size()) {
      co_await ask_next(*pause);
    }
  }

  task<> ask_next(sleeper& pause) {
    const std::string& id = settings_.workspaces[chosen_[next_]].id;
    ++next_;
    co_await wait_for_turn(pause);
    // Another answer may have ended it meanwhile.
    if (ended_) {
      co_return;
    }
    const auto answer = co_await api_.probe(id);
    if (answer) {
      ++answers_.found;
    } else {
      count(answer.error());
    }
  }

  task<> wait_for_turn(sleeper& pause) {
    const double rate = settings_.partner.rate_limit;
    if (rate == 0) {
      co_return;
    }
    const steady_time mine = std::max(next_call_, time_.now());
    next_call_ = mine + std::chrono::ceil<std::chrono::milliseconds>(
                            std::chrono::duration<double>(1 / rate));
    while (!ended_ && time_.now() < mine) {
      co_await pause.sleep_until(mine);
    }
  }

  void count(const failure& what) {
    if (what.kind == failure_kind::gone) {
      ++answers_.gone;
      tell("workspaces", what);
    } else if (what.kind == failure_kind::denied) {
      ++answers_.denied;
      tell("workspaces", what);
    } else {
      ++answers_.failed;
      tell("partner", what);
      if (!may_be_its_own(what.kind) || answers_.failed == too_many_failures) {
        ended_ = true;
        next_ = chosen_.size();
      }
    }
  }

  /// The same sentence once: calls under way meet the same trouble.
  void tell(const char* key, const failure& what) {
    check_finding finding{key, what.sentence, 0};
    auto& all = answers_.findings;
    if (std::find(all.begin(), all.end(), finding) == all.end()) {
      all.push_back(std::move(finding));
    }
  }

  source::partner_source& api_;
  const config::configuration& settings_;
  clock& time_;
  steady_time next_call_;  ///< when the rate allows the next one
  const std::vector<std::size_t> chosen_;
  std::size_t next_ = 0;
  bool ended_ = false;
  api_answers answers_;
};

}  // namespace

task<api_answers> ask_for_workspaces(source::partner_source& api,
                                     const config::configuration& settings, clock& time) {
  if (settings.workspaces.empty()) {
    co_return api_answers{};
  }
  inquiry all{api, settings, time};
  co_return co_await all.run();
}

}  // namespace tokensyncd::commands
