#include "daemon/runtime/fs/secret_file.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <stdlib.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class secret_file_test : public testing::Test {
 protected:
  secret_file_test() {
    std::string name = (fs::temp_directory_path() / "secret_file_XXXXXX").string();
    home_ = ::mkdtemp(name.data());
  }
  ~secret_file_test() override { fs::remove_all(home_); }

  fs::path put(std::string_view content, std::string_view name = "secret", mode_t mode = 0640) {
    auto path = home_ / name;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }

  fs::path home_;
  steady_time now_{};
};

TEST_F(secret_file_test, drops_one_trailing_newline_and_nothing_else) {
  EXPECT_EQ(without_newline("a"), "a");
  EXPECT_EQ(without_newline("a\n"), "a");
  EXPECT_EQ(without_newline("a\r\n"), "a");
  EXPECT_EQ(without_newline("a\n\n"), "a\n");
  EXPECT_EQ(without_newline("a\r"), "a\r");
  EXPECT_EQ(without_newline(" a \n"), " a ");
  EXPECT_EQ(without_newline("\n"), "");
}

TEST_F(secret_file_test, reads_at_the_first_look_and_counts_contents) {
  secret_file file{put("one\n")};
  EXPECT_EQ(file.version(), 0U);
  EXPECT_FALSE(file.look(now_));
  EXPECT_EQ(file.version(), 1U);
  EXPECT_EQ(file.value().reveal(), "one");
}

TEST_F(secret_file_test, looks_again_after_thirty_seconds_or_at_once_on_demand) {
  secret_file file{put("one")};
  file.look(now_);
  put("two");
  file.look(now_ + 29s);
  EXPECT_EQ(file.value().reveal(), "one");
  file.look(now_ + 30s);
  EXPECT_EQ(file.value().reveal(), "two");
  EXPECT_EQ(file.version(), 2U);
  put("three");
  file.look_now(now_ + 30s);
  EXPECT_EQ(file.value().reveal(), "three");
}

TEST_F(secret_file_test, keeps_its_version_when_the_file_is_rewritten_with_the_same_bytes) {
  secret_file file{put("one")};
  file.look(now_);
  fs::remove(home_ / "secret");
  put("one\n");
  file.look_now(now_);
  EXPECT_EQ(file.version(), 1U);
}

TEST_F(secret_file_test, follows_the_swap_of_a_kubernetes_data_symlink) {
  fs::create_directory(home_ / "v1");
  fs::create_directory(home_ / "v2");
  put("one", "v1/secret");
  put("two", "v2/secret");
  fs::create_directory_symlink("v1", home_ / "..data");
  fs::create_symlink("..data/secret", home_ / "secret");
  secret_file file{home_ / "secret"};
  file.look(now_);
  EXPECT_EQ(file.value().reveal(), "one");
  fs::create_directory_symlink("v2", home_ / "..data_tmp");
  fs::rename(home_ / "..data_tmp", home_ / "..data");
  file.look_now(now_);
  EXPECT_EQ(file.value().reveal(), "two");
}

TEST_F(secret_file_test, refuses_what_is_no_safe_secret) {
  EXPECT_EQ(read_secret_file(put("x", "open", 0642)).error().kind, failure_kind::invalid);
  EXPECT_EQ(read_secret_file(put("", "empty")).error().kind, failure_kind::invalid);
  EXPECT_EQ(read_secret_file(put("\n", "newline")).error().kind, failure_kind::invalid);
  EXPECT_EQ(read_secret_file(home_).error().kind, failure_kind::invalid);
  EXPECT_EQ(read_secret_file(home_ / "none").error().kind, failure_kind::missing_place);
  ASSERT_EQ(::mkfifo((home_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_secret_file(home_ / "fifo").error().kind, failure_kind::invalid);
  const std::string most(secret_file::max_bytes, 'x');
  EXPECT_TRUE(read_secret_file(put(most, "most")).has_value());
  EXPECT_EQ(read_secret_file(put(most + "x", "large")).error().kind, failure_kind::invalid);
}

TEST_F(secret_file_test, names_the_file_and_never_its_content) {
  EXPECT_FALSE(read_secret_file(put("canary-4711", "group", 0620)).has_value());
  EXPECT_TRUE(read_secret_file(put("canary-4711", "read", 0644)).has_value());
  const auto trouble = read_secret_file(put("canary-4711", "open", 0666)).error();
  EXPECT_NE(trouble.sentence.find((home_ / "open").string()), std::string::npos);
  EXPECT_EQ(trouble.sentence.find("canary"), std::string::npos);
}

TEST_F(secret_file_test, leaves_the_old_in_use_when_the_new_is_empty_and_tells_once) {
  secret_file file{put("one")};
  file.look(now_);
  put("");
  const auto told = file.look_now(now_);
  ASSERT_TRUE(told);
  EXPECT_NE(told->sentence.find("stays in use"), std::string::npos);
  EXPECT_FALSE(file.look_now(now_));
  EXPECT_EQ(file.value().reveal(), "one");
  EXPECT_EQ(file.version(), 1U);

  fs::remove(home_ / "secret");
  EXPECT_TRUE(file.look_now(now_)) << "another trouble is told again";
  put("two");
  EXPECT_FALSE(file.look_now(now_));
  EXPECT_EQ(file.value().reveal(), "two");
  put("");
  EXPECT_TRUE(file.look_now(now_)) << "it had passed in between";
}

}  // namespace
}  // namespace tokensyncd
