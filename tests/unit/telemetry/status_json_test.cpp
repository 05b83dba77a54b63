#include "daemon/telemetry/status_json.hpp"

#include <algorithm>
#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/support/fake_fleet.hpp"

namespace tokensyncd::telemetry {
namespace {

namespace json = boost::json;

status_head head{
    "0.1.0", "host-1", *parse_rfc3339("2026-11-23T22:14:05Z"), true, {"all \"well\"", {"a", "b"}}};

std::string whole(status_json text) {
  std::string all;
  std::string piece;
  for (bool more = true; more;) {
    more = text.next(piece);
    all += piece;
  }
  return all;
}

TEST(status_json, is_what_the_contract_says) {
  tests::fake_fleet fleet;
  auto& acme = fleet.add("acme");
  acme.wanted.generation = 3;
  acme.wanted.rotated_at = parse_rfc3339("2026-11-23T22:00:00.5Z");
  acme.last_attempt = parse_rfc3339("2026-11-23T22:14:00Z");
  acme.last_success = parse_rfc3339("2026-11-23T22:13:00Z");
  acme.next_check = parse_rfc3339("2026-11-23T22:15:00Z");
  acme.last_error = "No answer within 10 s.";
  acme.failing_since = parse_rfc3339("2026-11-23T22:13:30Z");
  acme.state = sync::workspace_state::stale;
  acme.sinks[0].in_sync = false;
  acme.sinks[0].generation = 2;
  acme.sinks[0].last_error = "The disk is full.";
  acme.sinks[0].consecutive_failures = 4;
  acme.sinks[0].failing_since = parse_rfc3339("2026-11-23T22:12:00Z");
  acme.sinks[0].out_of_sync_since = parse_rfc3339("2026-11-23T22:11:00Z");
  acme.sinks[0].hook_pending = true;
  acme.sinks[0].hook_error = "It ended with exit code 3.";
  fleet.totals.policy = {"acme", *parse_rfc3339("2026-12-23T22:14:05Z"), "the API fails", ""};
  head.certificates = {{"webhook", "/c.pem", *parse_rfc3339("2026-12-23T22:14:05Z")}};
  EXPECT_EQ(
      whole(status_json(fleet, head)),
      R"({"version":"0.1.0","started_at":"2026-11-23T22:14:05Z","ready":true,"host":"host-1","summary":"all \"well\"","details":["a","b"],"webhook":null,"rotation_policy":{"next_workspace":"acme","next_at":"2026-12-23T22:14:05Z","waiting":"the API fails","stopped":null},"certificates":[{"used_by":"webhook","file":"/c.pem","expires_at":"2026-12-23T22:14:05Z","trouble":null}],"workspaces":[)"
      R"({"id":"acme","state":"stale","generation":3,"fingerprint":"abababababab",)"
      R"("rotated_at":"2026-11-23T22:00:00.500Z","last_attempt":"2026-11-23T22:14:00Z",)"
      R"("last_success":"2026-11-23T22:13:00Z","next_check":"2026-11-23T22:15:00Z",)"
      R"("last_error":"No answer within 10 s.","failing_since":"2026-11-23T22:13:30Z","rotation_unconfirmed":false,"required":true,"sinks":{"files":{"type":"file","in_sync":false,)"
      R"("generation":2,"last_success":null,"last_error":"The disk is full.",)"
      R"("consecutive_failures":4,"failing_since":"2026-11-23T22:12:00Z",)"
      R"("out_of_sync_since":"2026-11-23T22:11:00Z","required":true,"hook_pending":true,"hook_error":"It ended with exit code 3.","hook_failing_since":null}},"rotations":[]}]})"
      "\n");
}

TEST(status_json, tells_the_latest_rotations_step_by_step_the_newest_first) {
  const auto at = [](const char* time) { return *parse_rfc3339(time); };
  std::vector<sync::past_rotation> all(2);
  all[0].generation = 2;
  all[1].generation = 3;
  all[1].why = trigger::webhook;
  all[1].times = {at("2026-11-23T22:00:00.001Z"), at("2026-11-23T22:00:00.002Z"),
                  at("2026-11-23T22:00:00.003Z"), at("2026-11-23T22:00:00.004Z")};
  all[1].sinks = {{"files", at("2026-11-23T22:00:00.005Z"), at("2026-11-23T22:00:01Z")},
                  {"vault", at("2026-11-23T22:00:00.006Z")}};
  tests::fake_fleet fleet;
  fleet.add("acme").latest = all;
  const json::value parsed = json::parse(whole(status_json(fleet, head)));
  const json::array& shown = parsed.at("workspaces").at(0).at("rotations").as_array();
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(json::serialize(shown[0]),
            R"({"generation":3,"trigger":"webhook","rotated_at":null,)"
            R"("due_at":"2026-11-23T22:00:00.001Z","asked_at":"2026-11-23T22:00:00.002Z",)"
            R"("answered_at":"2026-11-23T22:00:00.003Z","stored_at":"2026-11-23T22:00:00.004Z",)"
            R"("sinks":{"files":{"delivered_at":"2026-11-23T22:00:00.005Z",)"
            R"("hook_done_at":"2026-11-23T22:00:01Z"},)"
            R"("vault":{"delivered_at":"2026-11-23T22:00:00.006Z","hook_done_at":null}}})");
  EXPECT_EQ(shown[1].at("generation").as_int64(), 2);
}

TEST(status_json, says_when_events_of_each_type_came) {
  tests::fake_fleet fleet;
  status_head with_events = head;
  with_events.events.emplace();
  (*with_events.events)[0] =
      std::chrono::floor<std::chrono::seconds>(*parse_rfc3339("2026-11-23T22:14:05Z"));
  const json::value parsed = json::parse(whole(status_json(fleet, with_events)));
  const json::object& last = parsed.at("webhook").at("last_events").as_object();
  EXPECT_EQ(last.size(), 9U);
  EXPECT_EQ(last.at("api_token:rotated"), "2026-11-23T22:14:05Z");
  EXPECT_TRUE(last.at("other").is_null());
}

TEST(status_json, shows_null_where_nothing_is_known) {
  tests::fake_fleet fleet;
  auto& acme = fleet.add("acme");
  acme.wanted.generation = 0;
  acme.state = sync::workspace_state::never;
  acme.sinks.clear();
  const json::value parsed = json::parse(whole(status_json(fleet, head)));
  const json::object& shown = parsed.at("workspaces").at(0).as_object();
  EXPECT_EQ(shown.at("state"), "never");
  for (const char* key :
       {"fingerprint", "rotated_at", "last_attempt", "last_success", "next_check", "last_error"}) {
    EXPECT_TRUE(shown.at(key).is_null()) << key;
  }
  EXPECT_TRUE(shown.at("sinks").as_object().empty());
}

TEST(status_json, of_nobody_is_valid) {
  tests::fake_fleet fleet;
  EXPECT_TRUE(json::parse(whole(status_json(fleet, head))).at("workspaces").as_array().empty());
}

TEST(status_json, of_ten_thousand_comes_in_small_pieces_sorted_by_id) {
  tests::fake_fleet fleet;
  for (int i = 0; i < 10'000; ++i) fleet.add("workspace-" + std::to_string(i));
  status_json text(fleet, head);
  std::string all;
  std::string piece;
  std::size_t pieces = 0;
  std::size_t largest = 0;
  for (bool more = true; more; ++pieces) {
    const std::size_t before = fleet.reads;
    more = text.next(piece);
    EXPECT_LE(fleet.reads - before, 257U) << "no more of the fleet is read in one turn";
    largest = std::max(largest, piece.size());
    all += piece;
  }
  EXPECT_GE(pieces, 40U);
  EXPECT_LE(largest, 256U * 512U);
  const json::value parsed = json::parse(all);
  const json::array& shown = parsed.at("workspaces").as_array();
  ASSERT_EQ(shown.size(), 10'000U);
  EXPECT_TRUE(std::ranges::is_sorted(
      shown, {}, [](const json::value& each) { return each.at("id").as_string(); }));
}

TEST(status_json, survives_workspaces_that_leave_while_it_is_read) {
  tests::fake_fleet fleet;
  for (int i = 0; i < 1'000; ++i) fleet.add("w" + std::to_string(1'000 + i));
  status_json text(fleet, head);
  std::string all;
  std::string piece;
  text.next(all);
  for (int i = 200; i < 900; ++i) fleet.remove("w" + std::to_string(1'000 + i));
  while (text.next(piece)) all += piece;
  all += piece;
  EXPECT_EQ(json::parse(all).at("workspaces").as_array().size(), 256U + 100U);
}

TEST(status_json, keeps_hostile_ids_inside_their_strings) {
  tests::fake_fleet fleet;
  const std::string id = "a\"}]},\n\x01";
  fleet.add(id);
  const json::value parsed = json::parse(whole(status_json(fleet, head)));
  EXPECT_EQ(parsed.at("workspaces").at(0).at("id").as_string(), std::string_view(id));
  fleet.add("\xff\xfe");
  EXPECT_NO_THROW(json::parse(whole(status_json(fleet, head)))) << "not UTF-8";
}

}  // namespace
}  // namespace tokensyncd::telemetry
