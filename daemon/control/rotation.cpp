#include "daemon/control/rotation.hpp"

#include <utility>

#include <boost/json.hpp>

#include "daemon/control/read_answer.hpp"

namespace tokensyncd::control {

namespace json = boost::json;

std::string_view word_of(sync::rotation_end how) noexcept {
  switch (how) {
    case sync::rotation_end::rotated:
      return "rotated";
    case sync::rotation_end::young:
      return "young";
    case sync::rotation_end::refused:
      return "refused";
    case sync::rotation_end::unknown:
      return "unknown";
    case sync::rotation_end::not_asked:
      return "not_asked";
    case sync::rotation_end::obstructed:
      return "obstructed";
    case sync::rotation_end::busy:
      return "busy";
    case sync::rotation_end::unknown_workspace:
      break;
  }
  return "unknown_workspace";
}

rotation_line rotation_line_of(const sync::rotation_report& report) {
  rotation_line line;
  line.workspace = report.workspace;
  line.outcome = word_of(report.how);
  line.answer_lost = report.answer_lost;
  line.confirmed = report.confirmed;
  line.done = sync::is_done(report);
  line.generation = report.now.generation;
  if (report.now.generation != 0) line.fingerprint = report.now.token.short_hex();
  if (report.now.rotated_at) line.rotated_at = format_rfc3339(*report.now.rotated_at);
  line.why = report.why;
  for (const auto& each : report.sinks) {
    line.sinks.push_back({each.sink, each.in_sync, each.last_error});
  }
  return line;
}

std::string write_rotation(const rotation_line& line) {
  json::object sinks;
  for (const auto& each : line.sinks) {
    sinks[each.sink] = json::object{{"in_sync", each.in_sync}, {"last_error", each.last_error}};
  }
  const json::object whole{{"workspace", line.workspace},
                           {"outcome", line.outcome},
                           {"answer_lost", line.answer_lost},
                           {"confirmed", line.confirmed},
                           {"done", line.done},
                           {"generation", line.generation},
                           {"fingerprint", line.fingerprint},
                           {"rotated_at", line.rotated_at},
                           {"why", line.why},
                           {"sinks", std::move(sinks)}};
  return json::serialize(whole);
}

result<rotation_line> read_rotation(std::string_view text) {
  constexpr auto unreadable =
      "the daemon's answer cannot be read; check the result of the rotation with `tokensyncd "
      "status`, and that the daemon and this program have the same version";
  return read_answer(text, unreadable, [](const json::object& from) {
    rotation_line line;
    line.workspace = text_in(from, "workspace");
    line.outcome = text_in(from, "outcome");
    line.answer_lost = from.at("answer_lost").as_bool();
    line.confirmed = from.at("confirmed").as_bool();
    line.done = from.at("done").as_bool();
    line.generation = from.at("generation").to_number<std::int64_t>();
    line.fingerprint = text_in(from, "fingerprint");
    line.rotated_at = text_in(from, "rotated_at");
    line.why = text_in(from, "why");
    for (const auto& [name, value] : from.at("sinks").as_object()) {
      const auto& sink = value.as_object();
      line.sinks.push_back(
          {std::string{name}, sink.at("in_sync").as_bool(), text_in(sink, "last_error")});
    }
    return line;
  });
}

outlook_line outlook_line_of(const sync::rotation_outlook& seen) {
  outlook_line line;
  line.workspace = seen.workspace;
  line.generation = seen.now.generation;
  if (seen.now.generation != 0) line.fingerprint = seen.now.token.short_hex();
  line.age = seen.age;
  line.destinations = seen.destinations;
  return line;
}

std::string write_outlook(const outlook_line& line) {
  json::array destinations;
  for (const sync::rotation_destination& each : line.destinations) {
    destinations.push_back(json::object{{"sink", each.sink},
                                        {"destination", each.destination},
                                        {"in_sync", each.in_sync},
                                        {"obstacle", each.obstacle}});
  }
  json::object whole{{"workspace", line.workspace},
                     {"generation", line.generation},
                     {"fingerprint", line.fingerprint},
                     {"age_seconds", nullptr},
                     {"destinations", std::move(destinations)}};
  if (line.age) whole["age_seconds"] = line.age->count();
  return json::serialize(whole);
}

result<outlook_line> read_outlook(std::string_view text) {
  constexpr auto unreadable =
      "the daemon's answer cannot be read, and nothing was rotated; check that the daemon and this "
      "program have the same version";
  return read_answer(text, unreadable, [](const json::object& from) {
    outlook_line line;
    line.workspace = text_in(from, "workspace");
    line.generation = from.at("generation").to_number<std::int64_t>();
    line.fingerprint = text_in(from, "fingerprint");
    const auto& age = from.at("age_seconds");
    if (!age.is_null()) line.age = std::chrono::seconds{age.to_number<std::int64_t>()};
    for (const auto& each : from.at("destinations").as_array()) {
      const auto& destination = each.as_object();
      line.destinations.push_back(
          {text_in(destination, "sink"), text_in(destination, "destination"),
           destination.at("in_sync").as_bool(), text_in(destination, "obstacle")});
    }
    return line;
  });
}

}  // namespace tokensyncd::control
