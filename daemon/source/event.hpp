#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/time.hpp"

namespace tokensyncd::source {

/// A longer body of an event isn't read.
inline constexpr std::size_t largest_event = std::size_t{16} * 1024;

/// What the vendor says has happened. Only a hint: a signature proves who sent an event, not what
/// it says, and can be sent again with another body until it runs out.
struct event {
  bool is_ours = true;       ///< false: another partner's, and nothing else of it was read
  bool is_rotation = false;  ///< api_token:rotated; anything else is of no use to us
  std::string type;          ///< as it is sent
  std::string workspace;     ///< of a rotation
};

/// Reads an event's body: one JSON object (RFC 8259) without a name twice, whose event_type is a
/// text and whose partner_id is a text; a rotation of `partner_id` has a workspace_id. What else it
/// says isn't looked at. None for anything else. Pure.
[[nodiscard]] std::optional<event> read_event(std::string_view body, std::string_view partner_id);

/// The body of an event that says that the token of `workspace` was rotated at `now`, as the vendor
/// sends it. Pure.
[[nodiscard]] std::string write_rotation_event(std::string_view workspace,
                                               std::string_view partner_id, wall_time now);

}  // namespace tokensyncd::source
