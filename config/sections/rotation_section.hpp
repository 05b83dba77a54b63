#pragma once

#include <cstdint>
#include <optional>

#include "config/time_window.hpp"
#include "config/values.hpp"
#include "config/yaml/section.hpp"

namespace tokensyncd::config {

/// What a `rotation` section sets by itself; none where it leaves it to the defaults.
struct rotation_entry {
  std::optional<milliseconds> max_age;  ///< 0: `never`
  std::optional<time_window> window;
  std::optional<rotation_rate> at_most;
  std::optional<unsigned> stop_after_failures;

  friend auto operator<=>(const rotation_entry&, const rotation_entry&) = default;
};

/// Whose settings a section has.
enum class settings_of : std::uint8_t { defaults, workspace };

/// Reads the section `rotation` of `in`; none where it isn't there.
[[nodiscard]] std::optional<rotation_entry> read_rotation(const section& in, reading& from,
                                                          settings_of whose);

/// The policy that both make together, `own` before `defaults`; none where no token is to be
/// rotated by its age.
[[nodiscard]] std::optional<rotation_policy> policy_of(
    const std::optional<rotation_entry>& own, const std::optional<rotation_entry>& defaults);

/// Whether there is a section and neither says how old a token may be.
[[nodiscard]] bool has_no_age(const std::optional<rotation_entry>& own,
                              const std::optional<rotation_entry>& defaults);

}  // namespace tokensyncd::config
