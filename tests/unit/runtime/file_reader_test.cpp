#include "daemon/runtime/fs/file_reader.hpp"

#include <chrono>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

namespace tokensyncd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// A read that hangs until the test lets it end.
struct hanging_disk {
  std::promise<void> let_go{};
  std::shared_future<void> gone = let_go.get_future().share();
};

class file_reader_test : public testing::Test {
 protected:
  /// Takes `what` over after it was read; `disk`: only when that lets go.
  file_reader::read reads(const std::string& what, const hanging_disk* disk = nullptr) {
    std::optional<std::shared_future<void>> gone;
    if (disk != nullptr) gone = disk->gone;
    return [this, what, gone]() -> file_reader::take {
      if (gone) gone->wait();
      return [this, what] { taken_.push_back(what); };
    };
  }

  /// Begins a run() of `reader`; `ended` counts those that returned.
  void begin(file_reader& reader, file_reader::read how) {
    asio::co_spawn(loop_, reader.run(std::move(how)), [this](const std::exception_ptr& error) {
      EXPECT_FALSE(error);
      ++ended_;
    });
    loop_.poll();
  }

  void wait_for(int ended) {
    while (ended_ != ended) loop_.run_one();
  }

  asio::io_context loop_;
  asio::executor_work_guard<executor> more_{loop_.get_executor()};
  std::vector<std::string> taken_;
  int ended_ = 0;
};

TEST_F(file_reader_test, returns_when_what_was_read_is_taken) {
  file_reader reader{{}};
  begin(reader, reads("one"));
  wait_for(1);
  EXPECT_THAT(taken_, ElementsAre("one"));
  EXPECT_FALSE(reader.is_busy());
}

/// Lets a thread end only when the program has, all but its last exit handlers.
struct late_end {
  late_end() = default;
  late_end(const late_end&) = delete;
  late_end& operator=(const late_end&) = delete;
  ~late_end() { program_ends().gone.wait(); }

  static hanging_disk& program_ends() {
    static auto* const it = new hanging_disk;
    return *it;
  }
};

TEST_F(file_reader_test, leaves_nothing_of_openssl_to_the_end_of_its_thread) {
  // At the program's end OpenSSL forgets its threads; LeakSanitizer then finds what they had.
  const pid_t child = ::fork();
  if (child == 0) {
    // Registered before OpenSSL's own handler, so run after it.
    (void)std::atexit([] {
      late_end::program_ends().let_go.set_value();
      std::this_thread::sleep_for(500ms);
    });
    file_reader reader{{}};
    begin(reader, []() -> file_reader::take {
      thread_local const late_end end;
      (void)&end;
      ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
      return {};
    });
    wait_for(1);
    std::exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(file_reader_test, a_disk_that_hangs_is_waited_for_once_and_taken_when_it_answers) {
  hanging_disk disk;
  file_reader reader{{}, {1ms, 1h}};
  begin(reader, reads("one", &disk));
  wait_for(1);
  EXPECT_THAT(taken_, ElementsAre());
  EXPECT_TRUE(reader.is_busy());
  begin(reader, reads("two"));
  EXPECT_EQ(ended_, 2) << "at once";
  begin(reader, reads("three"));
  EXPECT_EQ(ended_, 3);
  disk.let_go.set_value();
  while (taken_.size() != 2) loop_.run_one();
  EXPECT_THAT(taken_, ElementsAre("one", "three")) << "the last that was asked for follows";
}

TEST_F(file_reader_test, who_comes_while_a_read_is_under_way_has_one_that_begins_afterwards) {
  hanging_disk disk;
  file_reader reader{{}, {1h, 1h}};
  begin(reader, reads("one", &disk));
  begin(reader, reads("two"));
  begin(reader, reads("three"));
  EXPECT_EQ(ended_, 0);
  disk.let_go.set_value();
  wait_for(3);
  EXPECT_THAT(taken_, ElementsAre("one", "three"));
}

TEST_F(file_reader_test, a_hang_is_told_once_a_read) {
  int told = 0;
  hanging_disk disk;
  file_reader reader{[&told] { ++told; }, {0ms, 1ms}};
  begin(reader, reads("one", &disk));
  while (told == 0) loop_.run_one();
  loop_.poll();
  disk.let_go.set_value();
  while (taken_.empty()) loop_.run_one();
  EXPECT_EQ(told, 1);
}

TEST_F(file_reader_test, one_that_is_gone_waits_for_nothing_and_takes_nothing) {
  hanging_disk disk;
  auto reader =
      std::make_unique<file_reader>(std::function<void()>{}, file_reader::limits{0ms, 1h});
  auto read = std::make_shared<std::promise<void>>();
  auto end = read->get_future();
  begin(*reader, [this, read, gone = disk.gone]() -> file_reader::take {
    gone.wait();
    // Set when the take is destroyed: by then the thread has found nobody.
    return [this, set = std::shared_ptr<void>(nullptr, [read](void*) { read->set_value(); })] {
      taken_.emplace_back("late");
    };
  });
  EXPECT_EQ(ended_, 1);
  reader.reset();
  disk.let_go.set_value();
  end.wait();
  loop_.poll();
  EXPECT_THAT(taken_, ElementsAre());
}

TEST_F(file_reader_test, a_read_that_throws_has_found_nothing_and_the_next_one_comes) {
  file_reader reader{{}};
  begin(reader, []() -> file_reader::take { throw std::bad_alloc(); });
  wait_for(1);
  begin(reader, reads("two"));
  wait_for(2);
  EXPECT_THAT(taken_, ElementsAre("two"));
}

TEST_F(file_reader_test, a_wait_can_be_cancelled) {
  hanging_disk disk;
  file_reader reader{{}, {1h, 1h}};
  asio::cancellation_signal stop;
  std::exception_ptr thrown;
  auto read = reads("one", &disk);
  asio::co_spawn(loop_, reader.run(std::move(read)),
                 asio::bind_cancellation_slot(
                     stop.slot(), [&thrown](const std::exception_ptr& error) { thrown = error; }));
  loop_.poll();
  stop.emit(asio::cancellation_type::terminal);
  while (!thrown) loop_.run_one();
  disk.let_go.set_value();
  while (taken_.empty()) loop_.run_one();
}

TEST(sentence_of_hang, names_the_files_and_what_is_in_use) {
  const auto sentence = sentence_of_hang({"/etc/one", "", "/etc/two"});
  EXPECT_THAT(sentence, testing::HasSubstr("/etc/one, /etc/two:"));
  EXPECT_THAT(sentence, testing::HasSubstr("10 s"));
  EXPECT_THAT(sentence, testing::HasSubstr("stays in use"));
}

}  // namespace
}  // namespace tokensyncd
