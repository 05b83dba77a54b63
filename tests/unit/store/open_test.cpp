#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "tests/support/temporary_directory.hpp"
#include "tests/unit/store/sample.hpp"

namespace tokensyncd::store::tests {
namespace {

using testing::HasSubstr;

class store_file : public testing::Test {
 protected:
  void write(const std::string& bytes) const {
    std::ofstream{file, std::ios::binary} << bytes;
    ::chmod(file.c_str(), 0600);
  }
  [[nodiscard]] std::string read() const {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void sql(const char* statements) const {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, statements, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
  }
  [[nodiscard]] static mode_t mode_of(const std::filesystem::path& path) {
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }
  /// Names in the directory that were moved aside.
  [[nodiscard]] std::vector<std::string> moved_aside() const {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator{directory.path()})
      if (each.path().string().find(".damaged-") != std::string::npos)
        names.push_back(each.path().filename());
    return names;
  }
  void expect_fresh_one_instead_of_damaged() {
    const opened made = must_open(file);
    ASSERT_TRUE(made.notice);
    EXPECT_THAT(*made.notice, HasSubstr("state.db.damaged-20261123T"));
    EXPECT_FALSE(moved_aside().empty());
    EXPECT_TRUE(load_all(*made.state).workspaces.empty());
    EXPECT_TRUE(save(*made.state, {workspace_of("acme", 1)}));
  }

  temporary_directory directory;
  std::filesystem::path file = directory / "state.db";
};

TEST_F(store_file, the_key_is_random_and_stays) {
  const installation_key key = must_open(file).key;
  EXPECT_EQ(must_open(file).key, key);
  EXPECT_NE(must_open(directory / "other.db").key, key);
}

TEST_F(store_file, is_private_with_its_companions_whatever_the_umask) {
  const mode_t before = ::umask(0);
  const opened made = must_open(file);
  EXPECT_TRUE(save(*made.state, {workspace_of("acme", 1)}));
  ::umask(before);
  for (const char* suffix : {"", "-wal", ".lock"})
    EXPECT_EQ(mode_of(file.string() + suffix), 0600U) << suffix;
}

TEST_F(store_file, is_made_private_where_it_was_not) {
  {
    must_open(file);
  }
  ::chmod(file.c_str(), 0644);
  const opened made = must_open(file);
  EXPECT_EQ(mode_of(file), 0600U);
}

TEST_F(store_file, a_missing_directory_is_named_with_what_to_do) {
  const auto made = open_sqlite(directory / "missing" / "state.db", now);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, failure_kind::missing_place);
  EXPECT_THAT(made.error().sentence, HasSubstr("missing; create it"));
}

TEST_F(store_file, a_symbolic_link_or_a_directory_is_refused) {
  std::filesystem::create_symlink(directory / "elsewhere", file);
  auto made = open_sqlite(file, now);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, failure_kind::wrong_place);
  EXPECT_FALSE(std::filesystem::exists(directory / "elsewhere"));
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  made = open_sqlite(file, now);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, failure_kind::wrong_place);
}

TEST_F(store_file, random_bytes_are_moved_aside) {
  {
    must_open(file);
  }
  std::string bytes(20'000, '\0');
  random_bytes({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  write(bytes);
  expect_fresh_one_instead_of_damaged();
}

TEST_F(store_file, a_truncated_file_is_moved_aside) {
  {
    const opened made = must_open(file);
    for (std::uint32_t i = 0; i < 200; ++i)
      ASSERT_TRUE(save(*made.state, {workspace_of("w" + std::to_string(i), 1)}));
  }
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2 + 100);
  expect_fresh_one_instead_of_damaged();
}

TEST_F(store_file, a_page_of_garbage_is_moved_aside) {
  {
    const opened made = must_open(file);
    for (std::uint32_t i = 0; i < 200; ++i)
      ASSERT_TRUE(save(*made.state, {workspace_of("w" + std::to_string(i), 1)}));
  }
  std::string bytes = read();
  for (std::size_t i = 8192; i < bytes.size(); ++i) bytes[i] = '\x5A';
  write(bytes);
  expect_fresh_one_instead_of_damaged();
}

TEST_F(store_file, values_that_no_version_writes_are_damage) {
  {
    must_open(file);
  }
  sql("PRAGMA ignore_check_constraints = ON; UPDATE installation SET key = x'00'");
  expect_fresh_one_instead_of_damaged();
}

TEST_F(store_file, an_empty_file_is_a_fresh_state) {
  write("");
  const opened made = must_open(file);
  EXPECT_FALSE(made.notice);
  EXPECT_TRUE(moved_aside().empty());
}

TEST_F(store_file, two_damaged_files_in_one_second_are_both_kept) {
  {
    must_open(file);
  }
  write("not a database, but long enough to be looked at as one: " + std::string(200, 'x'));
  {
    must_open(file);
  }
  write("another one that is no database either: " + std::string(200, 'y'));
  {
    must_open(file);
  }
  EXPECT_EQ(moved_aside().size(), 2U);
}

TEST_F(store_file, a_newer_major_version_is_refused_and_left_alone) {
  {
    must_open(file);
  }
  sql("PRAGMA user_version = 131072");
  const std::string before = read();
  const auto made = open_sqlite(file, now);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, failure_kind::invalid);
  EXPECT_THAT(made.error().sentence, HasSubstr("newer version"));
  EXPECT_EQ(read(), before);
}

TEST_F(store_file, a_newer_minor_version_is_used_and_keeps_what_it_added) {
  {
    const opened made = must_open(file);
    ASSERT_TRUE(save(*made.state, {workspace_of("acme", 1)}));
  }
  sql("PRAGMA user_version = 65537; ALTER TABLE workspace ADD COLUMN extra TEXT;"
      "UPDATE workspace SET extra = 'kept'");
  {
    const opened made = must_open(file);
    EXPECT_FALSE(made.notice);
    ASSERT_TRUE(save(*made.state, {workspace_of("acme", 2)}));
    EXPECT_EQ(load_all(*made.state).workspaces.at("acme").wanted.generation, 2U);
  }
  EXPECT_THAT(read(), HasSubstr("kept"));
}

TEST_F(store_file, an_older_minor_version_is_used_and_gets_what_it_lacks) {
  const installation_key key = must_open(file).key;
  sql("ALTER TABLE workspace DROP COLUMN unsure; DROP TABLE former_token");
  sql("ALTER TABLE presence DROP COLUMN sink; ALTER TABLE presence DROP COLUMN erase_on_remove");
  const opened made = must_open(file);
  EXPECT_FALSE(made.notice);
  EXPECT_EQ(made.key, key);
  sync::stored_workspace row = workspace_of("acme", 1);
  row.pending = sync::pending_rotation::announced;
  row.formers = {{print_of(3), now}};
  EXPECT_TRUE(save(*made.state, {row, presence_of("acme", 1)}));
  EXPECT_EQ(load_all(*made.state).presences.begin()->second.removal, config::on_remove::keep);
  EXPECT_EQ(load_all(*made.state).workspaces.at("acme").formers, row.formers);
  EXPECT_EQ(load_all(*made.state).workspaces.at("acme").pending, sync::pending_rotation::announced);
}

TEST_F(store_file, another_programs_database_is_refused_and_left_alone) {
  sql("CREATE TABLE theirs (a); INSERT INTO theirs VALUES ('precious')");
  const std::string before = read();
  const auto made = open_sqlite(file, now);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, failure_kind::invalid);
  EXPECT_TRUE(moved_aside().empty());
}

TEST_F(store_file, a_second_writer_is_refused_and_told_the_pid) {
  const opened first = must_open(file);
  const auto second = open_sqlite(file, now);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, failure_kind::busy);
  EXPECT_THAT(second.error().sentence, HasSubstr("process " + std::to_string(::getpid()) + ";"));
}

TEST_F(store_file, a_child_does_not_keep_the_lock) {
  int talk[2];
  ASSERT_EQ(::pipe(talk), 0);
  pid_t child = 0;
  {
    const opened made = must_open(file);
    child = ::fork();
    if (child == 0) {
      // What a hook or a command is: another program, that lives on.
      ::dup2(talk[0], STDIN_FILENO);
      ::close(talk[0]);
      ::close(talk[1]);
      ::execlp("cat", "cat", nullptr);
      ::_exit(1);
    }
    // exec has closed its copies when nobody but it and us holds the pipe's other ends; the lock is
    // asked for below until then.
  }
  result<opened> again = open_sqlite(file, now);
  for (int tries = 0; !again && tries < 1'000'000; ++tries) again = open_sqlite(file, now);
  EXPECT_TRUE(again) << again.error().sentence;
  ::close(talk[0]);
  ::close(talk[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
}

}  // namespace
}  // namespace tokensyncd::store::tests
