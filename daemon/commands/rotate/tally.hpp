#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

#include "daemon/commands/console/options.hpp"
#include "daemon/commands/rotate/rotation_report.hpp"
#include "daemon/model/exit_code.hpp"
#include "daemon/runtime/process/output.hpp"

namespace tokensyncd::commands {

/// What was said of each workspace, as it comes.
class tally {
 public:
  tally(const rotate_options& options, rotated_by whom)
      : asked_for_(options.workspaces.size()), is_of_all_(options.all), whom_(whom) {}

  /// Tells it; false where the others should be left as they are.
  bool take(const rotation_line& line) {
    const bool is_young = line.outcome == "young" && line.why.empty();
    if (is_young) ++young_;
    if (!is_young || !is_of_all_) std::fputs(render_rotation(line).c_str(), stdout);
    flush_output();  // what was done must be told, whatever comes next
    if (!line.why.empty()) {
      print_errors(line.why + next_step(line, whom_));
    }
    all_done_ = all_done_ && line.done;
    has_rotated_ = has_rotated_ || line.outcome == "rotated";
    ++told_;
    return may_go_on(line) && (line.done || !is_of_all_);
  }

  [[nodiscard]] bool has_rotated() const noexcept { return has_rotated_; }

  /// A signal wants it to end.
  void stopped() noexcept { stopped_ = told_ != asked_for_; }
  [[nodiscard]] bool was_stopped() const noexcept { return stopped_; }

  [[nodiscard]] exit_code sum_up() const {
    if (is_of_all_ && young_ != 0) {
      std::printf("%zu of %zu workspaces were left alone, because their tokens are younger\n",
                  young_, asked_for_);
      flush_output();
    }
    if (stopped_) {
      print_errors(
          "stopped before the end, so a hook may not have run; run `tokensyncd once` to deliver "
          "what is missing, or see `tokensyncd plan` and the audit log for the current state");
    }
    if (told_ != asked_for_) {
      print_errors(std::to_string(asked_for_ - told_) + " of " + std::to_string(asked_for_) +
                   " workspaces were not rotated");
    }
    return all_done_ && !stopped_ && told_ == asked_for_ ? exit_code::ok : exit_code::no;
  }

 private:
  std::size_t asked_for_;
  bool is_of_all_;  ///< which counts the young ones, and stops at the first that isn't done
  rotated_by whom_;
  std::size_t told_ = 0;
  std::size_t young_ = 0;  ///< of these
  bool all_done_ = true;
  bool has_rotated_ = false;
  bool stopped_ = false;
};

}  // namespace tokensyncd::commands
