#include "daemon/store/compact.hpp"

#include "tests/unit/store/sample.hpp"

namespace tokensyncd::store::tests {
namespace {

/// A change as one word, e.g. `acme2` or `-/run/tokens/acme`.
std::string word_of(const sync::change& what) {
  if (const auto* row = std::get_if<sync::stored_workspace>(&what))
    return row->id + std::to_string(row->wanted.generation);
  if (const auto* row = std::get_if<sync::stored_presence>(&what))
    return "+" + row->workspace + std::to_string(row->generation);
  if (const auto* row = std::get_if<sync::seen_presence>(&what))
    return "!" + row->destination + std::to_string(row->generation);
  if (const auto* row = std::get_if<sync::seen_length>(&what)) return std::to_string(row->bytes);
  return "-" + std::get<sync::forgotten_presence>(what).destination;
}

std::string words_of(std::vector<sync::change> changes) {
  compact(changes);
  std::string all;
  for (const auto& each : changes) all += word_of(each) + " ";
  return all;
}

TEST(compact, keeps_the_newest_of_each_workspace_and_place) {
  EXPECT_EQ(words_of({workspace_of("a", 1), presence_of("a", 1), workspace_of("b", 1),
                      workspace_of("a", 2), presence_of("a", 2)}),
            "b1 a2 +a2 ");
}

TEST(compact, keeps_what_a_hook_saw_of_a_place_only_where_it_came_after_the_place_itself) {
  const std::string destination = presence_of("a", 1).destination;
  const sync::seen_presence seen{destination, 1};
  const sync::seen_presence again{destination, 2};
  EXPECT_EQ(words_of({seen, presence_of("a", 1)}), "+a1 ");
  EXPECT_EQ(words_of({presence_of("a", 1), seen, again}), "+a1 !" + destination + "2 ");
  EXPECT_EQ(words_of({presence_of("a", 1), seen, sync::forgotten_presence{destination}}),
            "-" + destination + " ");
}

TEST(compact, keeps_what_was_said_of_former_tokens_until_something_newer_is) {
  sync::stored_workspace first = workspace_of("a", 1);
  first.formers.emplace().push_back({print_of(9), now});
  EXPECT_EQ(words_of({first, workspace_of("a", 2), workspace_of("a", 3)}), "a1 a3 ");
  sync::stored_workspace newer = workspace_of("a", 2);
  newer.formers = first.formers;
  EXPECT_EQ(words_of({first, newer}), "a2 ");
}

TEST(compact, keeps_each_length_once) {
  EXPECT_EQ(words_of({sync::seen_length{36}, sync::seen_length{40}, sync::seen_length{36}}),
            "40 36 ");
}

TEST(compact, leaves_nothing_as_it_is) {
  EXPECT_EQ(words_of({}), "");
}

}  // namespace
}  // namespace tokensyncd::store::tests
