#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/unit/sinks/file_sink_fixture.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using sync::write_result;

struct drift {
  const char* name;
  void (*happens)(const std::filesystem::path& file);
};

class drift_of_a_file : public a_file_sink, public testing::WithParamInterface<drift> {};

TEST_P(drift_of_a_file, is_seen_and_repaired) {
  deliver("s3cret");
  ASSERT_FALSE(drifted());
  GetParam().happens(file());
  EXPECT_TRUE(drifted());
  expect_delivered(deliver("s3cret"), write_result::repaired);
  EXPECT_EQ(bytes_of(file()), "s3cret");
  EXPECT_EQ(mode_of(file()), 0600U);
  EXPECT_EQ(stat_of(file()).st_uid, ::geteuid());
  EXPECT_FALSE(drifted());
}

INSTANTIATE_TEST_SUITE_P(
    every_kind, drift_of_a_file,
    testing::Values(
        drift{"deleted", [](const std::filesystem::path& file) { std::filesystem::remove(file); }},
        drift{"edited_to_the_same_size",
              [](const std::filesystem::path& file) {
                std::fstream{file, std::ios::in | std::ios::out} << "S3CRET";
              }},
        drift{"truncated",
              [](const std::filesystem::path& file) { std::filesystem::resize_file(file, 0); }},
        drift{"made_readable",
              [](const std::filesystem::path& file) { ::chmod(file.c_str(), 0644); }},
        drift{"given_away",
              [](const std::filesystem::path& file) {
                if (::chown(file.c_str(), 12345, 12345) != 0)
                  std::filesystem::remove(file);  // without the right to: another drift
              }},
        drift{"replaced_by_another_file",
              [](const std::filesystem::path& file) {
                std::filesystem::remove(file);
                std::ofstream{file} << "another";
              }},
        drift{"directory_made_again",
              [](const std::filesystem::path& file) {
                std::filesystem::remove_all(file.parent_path());
                std::filesystem::create_directory(file.parent_path());
              }}),
    [](const auto& param) { return std::string{param.param.name}; });

TEST_F(a_file_sink, sees_changed_settings_as_drift) {
  deliver("s3cret");
  settings.mode = 0640;
  EXPECT_TRUE(drifted());
  expect_delivered(deliver("s3cret"), write_result::repaired);
  EXPECT_EQ(mode_of(file()), 0640U);
  settings.format = config::file_format::env;
  EXPECT_TRUE(drifted());
  deliver("s3cret");
  EXPECT_FALSE(drifted());
  settings.format = config::file_format::text_template;
  settings.text_template = "{token} {label.customer}";
  deliver("s3cret");
  EXPECT_FALSE(drifted());
  labels = {{"customer", "blue"}};
  EXPECT_TRUE(drifted());
  deliver("s3cret");
  EXPECT_EQ(bytes_of(file()), "s3cret blue");
}

TEST_F(a_file_sink, leaves_what_an_earlier_version_quoted_until_the_next_rotation) {
  settings.format = config::file_format::text_template;
  settings.text_template =
      "TIMELINES_WORKSPACE_ID={workspace|shell}\nTIMELINES_TOKEN={token|shell}\n";
  deliver("s3cret");
  settings = {.path = settings.path,
              .format = config::file_format::env,
              .text_template = {},
              .owner = {},
              .group = {}};
  EXPECT_FALSE(drifted());
  expect_delivered(deliver("s3cret"), write_result::unchanged);
  EXPECT_EQ(bytes_of(file()), "TIMELINES_WORKSPACE_ID=\"acme\"\nTIMELINES_TOKEN=\"s3cret\"\n");
  expect_delivered(deliver("n3xt", 2), write_result::written);
  EXPECT_EQ(bytes_of(file()), "TIMELINES_WORKSPACE_ID=acme\nTIMELINES_TOKEN=n3xt\n");
}

TEST_F(a_file_sink, an_unrecorded_place_counts_as_drifted) {
  EXPECT_TRUE(drifted());
}

}  // namespace
}  // namespace tokensyncd::sinks
