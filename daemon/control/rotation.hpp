#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/sync/ports/rotation.hpp"

namespace tokensyncd::control {

/// What came of one rotation as it goes over the control socket and to people.
struct rotation_line {
  struct destination {
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
  std::vector<destination> sinks;
};

/// The outcome as one word.
[[nodiscard]] std::string_view word_of(sync::rotation_end how) noexcept;

[[nodiscard]] rotation_line rotation_line_of(const sync::rotation_report& report);

/// A JSON object, and back: read_rotation() fails with `malformed` for anything else.
[[nodiscard]] std::string write_rotation(const rotation_line& line);
[[nodiscard]] result<rotation_line> read_rotation(std::string_view json);

/// What a rotation would meet, as it goes over the control socket and to people.
struct outlook_line {
  std::string workspace;
  std::int64_t generation = 0;
  std::string fingerprint;  ///< 12 hex digits, or empty
  std::optional<std::chrono::seconds> age{};
  std::vector<sync::rotation_destination> destinations;
};

[[nodiscard]] outlook_line outlook_line_of(const sync::rotation_outlook& seen);

/// A JSON object, and back: read_outlook() fails with `malformed` for anything else.
[[nodiscard]] std::string write_outlook(const outlook_line& line);
[[nodiscard]] result<outlook_line> read_outlook(std::string_view json);

}  // namespace tokensyncd::control
