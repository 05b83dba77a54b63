// What the sink sees when it looks, and what it signs.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/vault/sink_fixture.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(vault_sink_alone, keeps_what_is_signed_for_another_also_after_metadata_was_forbidden) {
  // A secret of ours by its names, which metadata must be asked about: first forbidden, then not.
  kind_.data = {{"token", "{token}"}, {"workspace_id", "{workspace}"}};
  const auto theirs = holds(R"({"token":"theirs","workspace_id":"acme"})", 3);
  write_first();
  tend();
  run_until([&] { return vault_.count(metadata_path) == 1; });
  stop_all();

  present_.reset();
  vault_.now_on(data, {200, theirs});
  vault_.now_on(metadata_path, {200, R"({"data":{"custom_metadata":{"managed_by":"somebody"}}})"});
  EXPECT_THAT(deliver("two"), HasSubstr("did not write"));
  EXPECT_EQ(failed_, failure_kind::conflict);
}

TEST_F(vault_sink_alone, looks_on_where_one_place_can_not_be_seen_and_tells_it_once) {
  write_first();
  vault_.now_on("secret/data/t/beta", {200, holds(R"({"token":"other"})", 1)});
  vault_.now_on(data, {200, R"({"data":"surprise"})"});
  std::vector<sync::inspection> destinations{{{"acme", labels_}, present_->tag, 1},
                                             {{"beta", labels_}, present_->tag, 1}};
  inspect(destinations);
  EXPECT_EQ(destinations[0].seen, sync::destination_state::unknown);
  EXPECT_EQ(destinations[1].seen, sync::destination_state::drifted);
  inspect(destinations);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("Cannot check the secrets in Vault")));
}

TEST_F(vault_sink_alone, looks_past_places_that_are_forbidden_or_damaged) {
  write_first();
  std::vector<sync::inspection> destinations;
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    vault_.now_on(std::string{"secret/data/t/"} + id, {403, forbidden});
    destinations.push_back({{id, labels_}, present_->tag, 1});
  }
  for (const char* id : {"f", "g"}) {
    vault_.now_on(std::string{"secret/data/t/"} + id, {500, R"({"errors":["damaged"]})"});
    destinations.push_back({{id, labels_}, present_->tag, 1});
  }
  vault_.now_on("secret/data/t/z", {200, holds(R"({"token":"other"})", 1)});
  destinations.push_back({{"z", labels_}, present_->tag, 1});
  inspect(destinations);
  EXPECT_EQ(destinations.front().seen, sync::destination_state::unknown);
  EXPECT_EQ(destinations.back().seen, sync::destination_state::drifted);
  EXPECT_THAT(told_, SizeIs(2)) << "a line for each cause";
  while (destinations.size() > 5) destinations.pop_back();
  inspect(destinations);
  present_.reset();
  vault_.now_on(data, {200, holds(R"({"token":"one"})", 1)});
  EXPECT_EQ(deliver("one"), "") << "and no delivery is slowed down by it";
}

TEST_F(vault_sink_alone, signs_one_place_though_another_is_forbidden) {
  open();
  const std::string other = "secret/data/t/zeta";
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  const secret value{"one"};
  const revision what{1, prints_.of("one"), {}};
  vault_.now_on("sys/internal/ui/mounts/secret/t/zeta",
                {200, R"({"data":{"type":"kv","options":{"version":"2"}}})"});
  vault_.now_on(other, {404, never_written});
  vault_.on(other, {200, written(1)});
  ASSERT_TRUE(run(sink_->deliver({{"zeta", labels_}, what, value, {}, {}})));
  vault_.now_on("secret/metadata/t/zeta", {200, R"({"data":{"custom_metadata":null}})"});
  vault_.on("secret/metadata/t/zeta", {204, ""});
  tend();
  run_until([&] { return vault_.count("secret/metadata/t/zeta") >= 2; });
  stop_all();
  EXPECT_EQ(vault_.count(metadata_path), 1U) << "which was asked first, and is left";
}

TEST_F(vault_sink_alone, changes_nothing_for_who_only_wants_to_know) {
  write_first();
  open();
  vault_.now_on(data, {200, holds(R"({"token":"one"})", 1, "null")});
  std::vector<sync::inspection> destinations{{{"acme", labels_}, present_->tag}};  // as `plan` does
  inspect(destinations);
  EXPECT_EQ(destinations.front().seen, sync::destination_state::as_recorded);
  tend();
  run_until([&] { return is_idle(); });
  stop_all();
  EXPECT_EQ(vault_.count(metadata_path), 0U);
}

TEST_F(vault_sink_alone, signs_what_a_look_shows_to_be_unsigned) {
  write_first();
  open();  // killed before it signed
  vault_.now_on(data, {200, holds(R"({"token":"one"})", 1, "null")});
  vault_.on(metadata_path, {200, R"({"data":{"custom_metadata":null}})"});
  vault_.now_on(metadata_path, {200, R"({"data":{"custom_metadata":null}})"});
  vault_.on(metadata_path, {204, ""});
  EXPECT_EQ(look(), sync::destination_state::as_recorded);
  tend();
  run_until([&] { return vault_.count(metadata_path) >= 2; });
  stop_all();
  EXPECT_THAT(vault_.asked(metadata_path), Contains(HasSubstr(R"("generation":"1")")));
}

TEST_F(vault_sink_alone, signs_what_it_could_not_sign_at_first) {
  write_first();
  vault_.now_on(metadata_path, {503, R"({"errors":["Vault is sealed"]})"});
  vault_.on(metadata_path, {200, R"({"data":{"custom_metadata":null}})"});
  vault_.on(metadata_path, {204, ""});
  tend();
  run_until([&] { return vault_.count(metadata_path) == 1 && is_idle(); });
  clock_.advance(2s);
  run_until([&] { return vault_.count(metadata_path) == 3; });
  stop_all();
  EXPECT_THAT(vault_.asked(metadata_path), Contains(HasSubstr(R"("managed_by":"tokensyncd")")));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
