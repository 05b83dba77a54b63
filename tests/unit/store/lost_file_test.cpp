// What becomes of a state whose files somebody touches while it is open.
#include <fstream>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "tests/support/in_child.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/store/sample.hpp"

namespace tokensyncd::store::tests {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class a_state_in_use : public testing::Test {
 protected:
  a_state_in_use() {
    open();
    EXPECT_TRUE(save(*made_->state, {workspace_of("acme", 1)}));
  }

  void open() {
    open_unread();
    (void)load_all(*made_->state);
  }
  void open_unread() {
    made_ = must_open(file_);
    const auto told = [this](bool is_lost, const std::string& sentence) {
      (is_lost ? losses_ : notices_).push_back(sentence);
    };
    made_->state->on_notice(told);
  }
  void reopen() {
    made_.reset();
    open();
  }
  result<void> look() {
    asio::io_context loop{1};
    return run_task(loop, made_->state->look());
  }
  bool save_acme(std::uint32_t generation) {
    return save(*made_->state, {workspace_of("acme", generation)}).has_value();
  }
  /// What the next start finds.
  std::uint32_t generation_of(const std::string& id) {
    reopen();
    const auto all = load_all(*made_->state).workspaces;
    return all.contains(id) ? all.at(id).wanted.generation : 0;
  }
  void overwrite(const std::filesystem::path& path, std::streamoff at) const {
    std::fstream out{path, std::ios::in | std::ios::out | std::ios::binary};
    out.seekp(at);
    out << "not ours, not ours, not ours";
  }
  [[nodiscard]] std::vector<std::string> kept(const std::string& why) const {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator{directory_.path()})
      if (each.path().string().find(".db." + why + "-") != std::string::npos)
        names.push_back(each.path().filename());
    return names;
  }

  temporary_directory directory_;
  std::filesystem::path file_ = directory_ / "state.db";
  std::filesystem::path log_ = directory_ / "state.db-wal";
  std::filesystem::path lock_ = directory_ / "state.db.lock";
  std::optional<opened> made_;
  std::vector<std::string> losses_;
  std::vector<std::string> notices_;
};

/// Each use of the files ends with a look at how it left them.
TEST_F(a_state_in_use, that_is_replaced_while_it_is_used_does_not_pass_for_our_own) {
  made_.reset();
  const std::filesystem::path copy = file_.string() + ".copy";
  std::filesystem::copy_file(file_, copy);
  open_unread();
  std::filesystem::rename(copy, file_);
  (void)load_all(*made_->state);
  EXPECT_TRUE(look());
  ASSERT_THAT(losses_, SizeIs(1));
  EXPECT_THAT(losses_[0], HasSubstr("was replaced"));
}

TEST_F(a_state_in_use, needs_no_shared_memory_and_lets_no_other_program_in) {
  EXPECT_FALSE(std::filesystem::exists(directory_ / "state.db-shm"));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(other, "SELECT * FROM workspace", nullptr, nullptr, nullptr), SQLITE_BUSY);
  sqlite3_close(other);
  EXPECT_TRUE(save_acme(2));
}

TEST_F(a_state_in_use, that_nobody_touches_is_not_begun_anew) {
  for (std::uint32_t generation = 2; generation < 50; ++generation) {
    ASSERT_TRUE(save_acme(generation));
    ASSERT_TRUE(look());
  }
  std::vector<sync::change> many;  // enough for checkpoints
  for (std::uint32_t i = 0; i < 20'000; ++i)
    many.push_back(workspace_of("w" + std::to_string(i), 1));
  EXPECT_TRUE(save(*made_->state, many));
  EXPECT_TRUE(save(*made_->state, many));
  EXPECT_TRUE(look());
  reopen();
  EXPECT_TRUE(look());
  EXPECT_THAT(losses_, IsEmpty());
  EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(a_state_in_use, is_begun_anew_with_the_same_key_where_its_file_was_deleted) {
  const installation_key key = made_->key;
  std::filesystem::remove(file_);
  EXPECT_TRUE(save_acme(2));
  ASSERT_THAT(losses_, SizeIs(1));
  EXPECT_THAT(losses_[0], HasSubstr("was deleted"));
  EXPECT_EQ(generation_of("acme"), 2U);
  EXPECT_EQ(made_->key, key);
  EXPECT_THAT(losses_, SizeIs(1));
}

TEST_F(a_state_in_use, keeps_what_replaced_its_file_aside) {
  std::ofstream{directory_ / "other"} << "another file";
  std::filesystem::rename(directory_ / "other", file_);
  EXPECT_TRUE(save_acme(2));
  ASSERT_THAT(losses_, SizeIs(1));
  EXPECT_THAT(losses_[0], HasSubstr("was replaced"));
  EXPECT_THAT(kept("replaced"), SizeIs(1));
  EXPECT_EQ(generation_of("acme"), 2U);
}

TEST_F(a_state_in_use, notices_by_a_look_what_happened_while_nothing_was_saved) {
  std::filesystem::remove(file_);
  EXPECT_TRUE(look());
  EXPECT_THAT(losses_, SizeIs(1));
  EXPECT_TRUE(std::filesystem::exists(file_));
}

TEST_F(a_state_in_use, is_begun_anew_where_another_program_wrote_into_its_file) {
  reopen();  // with everything in the file itself
  overwrite(file_, 20);
  EXPECT_TRUE(save_acme(2));
  ASSERT_THAT(losses_, SizeIs(1));
  EXPECT_THAT(losses_[0], HasSubstr("another program"));
  EXPECT_EQ(generation_of("acme"), 2U);
}

TEST_F(a_state_in_use, is_begun_anew_where_its_file_or_its_log_was_cut) {
  for (const auto& path : {file_, log_}) {
    reopen();
    EXPECT_TRUE(save_acme(2));
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    EXPECT_TRUE(save_acme(3)) << path;
    EXPECT_EQ(generation_of("acme"), 3U) << path;
  }
  EXPECT_THAT(losses_, SizeIs(2));
}

TEST_F(a_state_in_use, is_begun_anew_where_its_log_was_deleted) {
  std::filesystem::remove(log_);
  EXPECT_TRUE(save_acme(2));
  ASSERT_THAT(losses_, SizeIs(1));
  EXPECT_EQ(generation_of("acme"), 2U);
}

TEST_F(a_state_in_use, does_without_its_directory_until_it_is_there_again) {
  const auto away = directory_.path().string() + ".away";
  std::filesystem::rename(directory_.path(), away);
  EXPECT_FALSE(save_acme(2));
  std::filesystem::rename(away, directory_.path());
  EXPECT_TRUE(save_acme(3));
  EXPECT_EQ(generation_of("acme"), 3U);
}

TEST_F(a_state_in_use, locks_its_lock_file_again_where_that_was_deleted) {
  std::filesystem::remove(lock_);
  EXPECT_TRUE(look());
  ASSERT_THAT(notices_, SizeIs(1));
  EXPECT_THAT(notices_[0], HasSubstr("locked again"));
  const auto second = open_sqlite(file_, now);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, failure_kind::busy);
  EXPECT_TRUE(look());
  EXPECT_THAT(notices_, SizeIs(1));
  EXPECT_THAT(losses_, IsEmpty());
}

TEST_F(a_state_in_use, keeps_a_second_process_out_although_its_lock_file_was_deleted) {
  std::filesystem::remove(lock_);
  const std::string me = "process " + std::to_string(::getpid()) + ";";
  const auto open_it = [this, &me] {
    const auto second = open_sqlite(file_, now);
    if (second) return child_failed;
    EXPECT_EQ(second.error().kind, failure_kind::busy);
    EXPECT_THAT(second.error().sentence, HasSubstr(me));
    return child_passed;
  };
  EXPECT_EQ(in_child(open_it), child_passed);
}

}  // namespace
}  // namespace tokensyncd::store::tests
