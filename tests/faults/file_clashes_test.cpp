// What a check finds of paths that lead to one place.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sinks/shared_places.hpp"
#include "tests/faults/one_place_world.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The sentences of what a check finds in files below the directory, each of its own sink.
class a_check : public testing::Test {
 protected:
  std::vector<std::string> find(const std::vector<std::string>& paths,
                                sync::thoroughness how = sync::thoroughness::look) {
    std::vector<file_destination> destinations;
    for (const std::string& each : paths)
      destinations.push_back(
          {destinations.size(), "files", each, (all.desk.directory / each).string()});
    stale_temp_files sweeper{system, all.desk.identity};
    std::vector<std::string> found;
    for (const auto& each :
         find_clashes(destinations, *all.desk.guard, how, {system, all.desk.identity, sweeper}))
      found.push_back(std::to_string(each.sink) + " " + each.sentence);
    return found;
  }

  folding_system system;
  entries all;
};

TEST_F(a_check, names_two_entries_that_lead_to_one_file) {
  EXPECT_THAT(find({"real/a", "real/b", "link/c"}), IsEmpty());
  EXPECT_THAT(find({"real/a", "link/b", "link/a"}),
              ElementsAre(testing::AllOf(testing::StartsWith("2 "), HasSubstr("link/a leads to"),
                                         HasSubstr("the workspace `real/a` of the sink `files`"))));
}

TEST_F(a_check, names_the_daemons_own_files) {
  all.desk.guard->protect({{(all.desk.directory / "real/own").string(), "`that.key`"}});
  EXPECT_THAT(find({"link/own", "link/a"}), ElementsAre(HasSubstr("(`that.key`)")));
}

TEST_F(a_check, finds_names_that_differ_in_case_where_it_may_try) {
  EXPECT_THAT(find({"real/acme", "real/ACME"}), IsEmpty()) << "unknown, as nothing is written";
  EXPECT_THAT(find({"real/acme", "real/ACME", "real/b"}, sync::thoroughness::try_out),
              ElementsAre(HasSubstr("names that this file system treats as equal")));
  EXPECT_TRUE(std::filesystem::is_empty(all.desk.directory / "real"));
  std::ofstream{all.desk.directory / "real/acme"} << "x";
  EXPECT_THAT(find({"real/acme", "real/ACME"}), ElementsAre(HasSubstr("treats as equal")));
}

TEST_F(a_check, says_what_many_have_in_common_once) {
  std::vector<file_destination> destinations;
  const std::string base = all.desk.directory.path().string();
  for (std::size_t i = 0; i < 3; ++i) {
    for (const char* each : {"a", "b"})
      destinations.push_back({i, "files", each, base + (i == 0 ? "/real/" : "/link/") + each});
  }
  stale_temp_files sweeper{system, all.desk.identity};
  const auto found = find_clashes(destinations, *all.desk.guard, sync::thoroughness::look,
                                  {system, all.desk.identity, sweeper});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].workspaces, 2U);
}

}  // namespace
}  // namespace tokensyncd::sinks
