// What is at the state's path and isn't the state stays as it is.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "daemon/store/sqlite/files.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/store/sample.hpp"

namespace tokensyncd::store::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class foreign_file : public testing::Test {
 protected:
  void write(const std::string& bytes) const {
    std::ofstream{file, std::ios::binary} << bytes;
    ::chmod(file.c_str(), 0644);
  }
  [[nodiscard]] std::string read() const {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& each : std::filesystem::directory_iterator{directory.path()})
      all.push_back(each.path().filename());
    return all;
  }
  void sql(const char* statements) const {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, statements, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
  }
  void expect_refused_and_untouched(const std::string& words) const {
    const std::string before = read();
    struct stat then{};
    ASSERT_EQ(::stat(file.c_str(), &then), 0);
    const auto made = open_sqlite(file, now);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, failure_kind::invalid);
    EXPECT_THAT(made.error().sentence, HasSubstr(words));
    EXPECT_THAT(made.error().sentence, HasSubstr(file.string()));
    struct stat after{};
    ASSERT_EQ(::stat(file.c_str(), &after), 0);
    EXPECT_EQ(after.st_ino, then.st_ino);
    EXPECT_EQ(after.st_mode, then.st_mode);
    EXPECT_EQ(read(), before);
    EXPECT_THAT(names(), ElementsAre("state.db")) << "not even a lock file is made";
    const auto looked = look_at_file(file);
    ASSERT_FALSE(looked) << "check says so too";
    EXPECT_EQ(looked.error().sentence, made.error().sentence);
  }

  temporary_directory directory;
  std::filesystem::path file = directory / "state.db";
};

TEST_F(foreign_file, that_is_a_text_is_refused_and_left_alone) {
  write("dear diary, " + std::string(3000, 'x'));
  expect_refused_and_untouched("not a state file of tokensyncd");
}

TEST_F(foreign_file, that_is_short_is_refused_and_left_alone) {
  write("a-partner-secret");
  expect_refused_and_untouched("not a state file of tokensyncd");
}

TEST_F(foreign_file, that_is_a_database_without_an_id_is_refused_and_left_alone) {
  sql("CREATE TABLE theirs (a); INSERT INTO theirs VALUES ('precious')");
  ::chmod(file.c_str(), 0644);
  expect_refused_and_untouched("another program");
}

TEST_F(foreign_file, that_is_a_database_with_an_id_is_refused_and_left_alone) {
  sql("PRAGMA application_id = 252006674; CREATE TABLE theirs (a)");
  ::chmod(file.c_str(), 0644);
  expect_refused_and_untouched("another program");
}

TEST_F(foreign_file, is_none_where_ours_was_cut_or_emptied_to_zeros) {
  for (const std::string& left : {std::string("SQLite for"), std::string(4096, '\0')}) {
    write(left);
    EXPECT_TRUE(look_at_file(file)) << left.size();
    const auto made = open_sqlite(file, now);
    ASSERT_TRUE(made) << made.error().sentence;
    EXPECT_TRUE(made->notice) << "it was damaged";
    std::filesystem::remove(file.string() + ".lock");
  }
}

TEST_F(foreign_file, is_none_where_a_kill_left_all_of_it_in_the_log) {
  sql("PRAGMA journal_mode = WAL");
  ASSERT_GT(std::filesystem::file_size(file), 0U);
  EXPECT_TRUE(look_at_file(file));
  EXPECT_FALSE(must_open(file).notice);
}

TEST_F(foreign_file, is_none_where_our_lock_lies_beside_the_garbage) {
  {
    must_open(file);
  }
  write(std::string(512, 'x'));
  EXPECT_TRUE(look_at_file(file));
  const opened made = must_open(file);
  ASSERT_TRUE(made.notice);
  EXPECT_THAT(*made.notice, HasSubstr("damaged"));
}

TEST_F(foreign_file, forgets_the_arguments_of_programs_that_earlier_versions_wrote_down) {
  {
    const opened made = must_open(file);
    sync::stored_presence row = presence_of("acme", 1);
    row.destination = "exec:[\"acme\",\"raw\",\"/bin/sh\",\"s3cret-argument\"]";
    ASSERT_TRUE(save(*made.state, {row}));
    row.destination = "exec:sh:digest:acme";
    ASSERT_TRUE(save(*made.state, {row}));
  }
  ASSERT_THAT(read(), HasSubstr("s3cret-argument"));
  {
    const opened made = must_open(file);
    const auto all = load_all(*made.state).presences;
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all.begin()->second.destination, "exec:sh:digest:acme");
  }
  EXPECT_THAT(read(), testing::Not(HasSubstr("s3cret-argument")));
}

}  // namespace
}  // namespace tokensyncd::store::tests
