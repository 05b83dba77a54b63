// One path for two things of the daemon's own.
#include "daemon/application/own_clashes.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.hpp"

namespace tokensyncd {
namespace {

using testing::HasSubstr;

class own_clashes : public testing::Test {
 protected:
  own_clashes() {
    settings.file = make("tokensyncd.yaml");
    settings.partner.secret_file = make("partner-secret");
    settings.state.in_memory = false;
    settings.state.file = directory / "state.db";
    settings.audit.file = directory / "audit.log";
    settings.admin.socket = directory / "control.sock";
  }
  std::filesystem::path make(const std::string& name) {
    std::ofstream{directory / name} << "x";
    return directory / name;
  }
  void expect_one(const std::string& key, const std::string& other) {
    const auto found = find_own_clashes(settings);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, key);
    EXPECT_THAT(found[0].sentence, HasSubstr("`" + key + "`"));
    EXPECT_THAT(found[0].sentence, HasSubstr(other));
  }

  tests::temporary_directory directory;
  config::configuration settings;
};

TEST_F(own_clashes, are_none_where_each_has_a_file_of_its_own) {
  EXPECT_TRUE(find_own_clashes(settings).empty());
  make("state.db");
  make("audit.log");
  settings.partner.previous_secret_file = settings.partner.secret_file;
  EXPECT_TRUE(find_own_clashes(settings).empty()) << "two may read one file";
}

TEST_F(own_clashes, are_found_by_the_same_path) {
  settings.state.file = settings.partner.secret_file;
  expect_one("state.file", "`partner.secret_file`");
  settings.state.file = settings.file;
  expect_one("state.file", "this configuration");
}

TEST_F(own_clashes, are_found_by_hard_and_symbolic_links) {
  std::filesystem::create_hard_link(settings.partner.secret_file, settings.audit.file);
  expect_one("audit.file", "`partner.secret_file`");
  std::filesystem::remove(settings.audit.file);
  std::filesystem::create_symlink("tokensyncd.yaml", settings.audit.file);
  expect_one("audit.file", "this configuration");
}

TEST_F(own_clashes, are_found_before_anything_is_there) {
  settings.audit.file = settings.state.file;
  expect_one("audit.file", "`state.file`");
  settings.audit.file = directory / "STATE.db-wal";
  expect_one("audit.file", "`state.file`");
  std::filesystem::create_directory_symlink(directory.path(), directory / "link");
  settings.audit.file = directory / "link" / "state.db.lock";
  expect_one("audit.file", "`state.file`");
  settings.audit.file = directory / "to-the-state";
  std::filesystem::create_symlink("state.db", settings.audit.file);
  expect_one("audit.file", "`state.file`");
}

TEST_F(own_clashes, are_found_in_the_files_of_a_pattern) {
  std::filesystem::create_directory(directory / "workspaces.d");
  settings.workspace_files = {(directory / "workspaces.d" / "*.yaml").string()};
  settings.audit.file = directory / "workspaces.d" / "audit.yaml";
  expect_one("audit.file", "`workspace_files`");
  settings.audit.file = directory / "workspaces.d" / "audit.log";
  EXPECT_TRUE(find_own_clashes(settings).empty());
}

TEST_F(own_clashes, are_none_of_devices) {
  settings.audit.file = "/dev/null";
  settings.partner.tls.ca_file = "/dev/null";
  EXPECT_TRUE(find_own_clashes(settings).empty());
}

}  // namespace
}  // namespace tokensyncd
