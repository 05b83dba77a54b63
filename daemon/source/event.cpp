#include "daemon/source/event.hpp"

#include <array>

#include "daemon/runtime/json_object.hpp"
#include "daemon/source/json_members.hpp"

namespace tokensyncd::source {
namespace {

constexpr std::string_view rotation_type = "api_token:rotated";

}  // namespace

std::optional<event> read_event(std::string_view body, std::string_view partner_id) {
  enum name : std::size_t { workspace_id, event_type, partner };
  static constexpr std::array<std::string_view, 3> names{"workspace_id", "event_type",
                                                         "partner_id"};
  json_members members{names};
  if (body.size() > largest_event || !members.read(body)) return {};
  const auto& type = members[event_type];
  const auto& whose = members[partner];
  if (type.is != member::type::text) return {};
  event out;
  out.is_rotation = type.text == rotation_type;
  out.type = type.text;
  const bool is_ours = whose.is == member::type::text && whose.text == partner_id;
  // Of the other types the content isn't documented: what they don't say is no fault.
  const bool says_nothing = whose.is == member::type::absent && !out.is_rotation;
  if (whose.is == member::type::text && !is_ours) {
    event foreign;
    foreign.is_ours = false;
    return foreign;
  }
  if (!is_ours && !says_nothing) return {};
  if (!out.is_rotation) return out;
  const auto& workspace = members[workspace_id];
  if (workspace.is != member::type::text || workspace.text.empty()) return {};
  out.workspace = workspace.text;
  return out;
}

std::string write_rotation_event(std::string_view workspace, std::string_view partner_id,
                                 wall_time now) {
  std::string body;
  json_object object(body);
  object.text("workspace_id", workspace)
      .text("event_type", rotation_type)
      .text("partner_id", partner_id)
      .time("triggered_at", now)
      .time("rotated_at", now);
  object.end();
  return body;
}

}  // namespace tokensyncd::source
