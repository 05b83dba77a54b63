#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/sync/rotation.hpp"

namespace tokensyncd::commands {

/// What came of one rotation as it goes over the control socket and to people.
struct rotation_line {
  struct place {
    std::string sink;
    bool in_sync = false;
    std::string last_error;
  };
  std::string workspace;
  std::string outcome;  ///< as word_of() says it
  bool answer_lost = false;
  bool confirmed = false;
  bool done = false;  ///< nothing is left to be done
  std::int64_t generation = 0;
  std::string fingerprint;  ///< 12 hex digits, or empty
  std::string rotated_at;   ///< RFC 3339, or empty
  std::string why;          ///< a sentence, or empty
  std::vector<place> sinks;
};

/// The outcome as one word.
[[nodiscard]] std::string_view word_of(sync::rotation_end how) noexcept;

[[nodiscard]] rotation_line rotation_line_of(const sync::rotation_report& report);

/// A JSON object, and back: read_rotation() fails with `malformed` for anything else.
[[nodiscard]] std::string write_rotation(const rotation_line& line);
[[nodiscard]] result<rotation_line> read_rotation(std::string_view json);

/// What is said of it on standard output, with a line end; what went wrong is in `why`.
[[nodiscard]] std::string render_rotation(const rotation_line& line);

/// Whether other rotations of the same command should go on after this one: not where it would
/// stop tokens that nothing replaces, or isn't going to be any better for the next.
[[nodiscard]] bool may_go_on(const rotation_line& line);

/// What to say behind `why` of one that isn't delivered everywhere, or isn't known: who goes on, or
/// what to do.
[[nodiscard]] std::string next_step(const rotation_line& line, bool daemon_runs);

}  // namespace tokensyncd::commands
