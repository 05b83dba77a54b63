#include "daemon/runtime/log/log.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

#include <pthread.h>
#include <sys/stat.h>

#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include "daemon/runtime/log/log_encode.hpp"
#include "daemon/runtime/log/log_sinks.hpp"

namespace tokensyncd {
namespace {

spdlog::level::level_enum to_spdlog(log_level level) {
  constexpr std::array values{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                              spdlog::level::err};
  return values[static_cast<std::size_t>(level)];
}

/// Signals are the loop's business, and a SIGPIPE of this thread's writes nobody's.
void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

wall_time wall_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

log_format choose_log_format(int descriptor, const char* journal_stream) {
  if (::isatty(descriptor) == 1) return log_format::text;
  struct stat there{};
  if (journal_stream == nullptr || ::fstat(descriptor, &there) != 0) return log_format::json;
  const std::string ours = std::to_string(there.st_dev) + ':' + std::to_string(there.st_ino);
  return ours == journal_stream ? log_format::journal : log_format::json;
}

/// The thread's side: takes lines that are encoded already and gives them away; says what was
/// dropped once there is room again.
class logger::writer {
 public:
  explicit writer(const log_options& options)
      : level_(options.level),
        descriptor_(options.descriptor),
        terminal_(::isatty(options.descriptor) == 1),
        clears_line_(terminal_ && options.clears_line),
        lines_(options.descriptor, stopping_),
        journal_(system_journal()),
        pool_(std::make_shared<spdlog::details::thread_pool>(options.queue_lines, 1,
                                                             block_all_signals)),
        queue_(pool_.get()),
        front_(std::make_shared<spdlog::async_logger>(
            "tokensyncd", std::make_shared<back>(*this), pool_,
            spdlog::async_overflow_policy::overrun_oldest)) {
    set_format(options.format);
    front_->set_level(spdlog::level::trace);
    front_->set_error_handler([](const std::string&) {});
  }

  ~writer() {
    stopping_.store(true, std::memory_order_relaxed);
    pool_.reset();
  }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void write(const log_record& what) {
    const std::string line = encode(what);
    // As a view, or spdlog would take the line for a format.
    front_->log(to_spdlog(what.level), spdlog::string_view_t(line.data(), line.size()));
  }

  void set_format(log_format format) {
    format_ = format == log_format::automatic
                  ? choose_log_format(descriptor_, std::getenv("JOURNAL_STREAM"))
                  : format;
  }

  std::atomic<log_level> level_;
  std::atomic<log_format> format_ = log_format::json;

 private:
  /// In front of a line: for whom it was encoded, as the format may have changed since.
  static constexpr char for_descriptor = 'D';
  static constexpr char for_journal = 'J';

  class back final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
   public:
    explicit back(writer& owner) : owner_(owner) {}

   private:
    void sink_it_(const spdlog::details::log_msg& line) override {
      owner_.give({line.payload.data(), line.payload.size()});
      owner_.tell_dropped();
    }
    void flush_() override {}

    writer& owner_;
  };

  [[nodiscard]] std::string encode(const log_record& what) const {
    switch (format_.load()) {
      case log_format::json:
        return for_descriptor + encode_json(what, wall_now());
      case log_format::journal:
        return for_journal + encode_journal(what);
      default:
        return for_descriptor + std::string(clears_line_ ? "\r\x1b[K" : "") +
               encode_text(what, wall_now(), terminal_);
    }
  }

  void give(std::string_view marked) {
    const std::string_view line = marked.substr(1);
    if (marked.front() != for_journal) return lines_.write(line);
    if (journal_.write(line)) return;
    std::string plain(line);
    std::replace(plain.begin(), plain.end(), '\0', ' ');
    lines_.write(plain);
  }

  void tell_dropped() {
    const std::size_t dropped = queue_->overrun_counter();
    if (dropped == told_) return;
    const log_field count{"lines", dropped - told_};
    told_ = dropped;
    const log_record what{log_level::warning,
                          "log.dropped",
                          "Log lines were dropped because the reader of the log was too slow.",
                          {&count, 1}};
    give(encode(what));
  }

  const int descriptor_;
  const bool terminal_;
  const bool clears_line_;
  std::atomic<bool> stopping_ = false;
  line_writer lines_;
  journal_writer journal_;
  std::size_t told_ = 0;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  spdlog::details::thread_pool* queue_;  ///< the pool as its own thread sees it while it is ended
  std::shared_ptr<spdlog::async_logger> front_;
};

logger::logger(log_options options) : writer_(std::make_unique<writer>(options)) {}
logger::~logger() = default;

void logger::write(log_level level, std::string_view event, std::string_view sentence,
                   log_fields fields) noexcept {
  if (!enabled(level)) return;
  try {
    writer_->write({level, event, sentence, {fields.begin(), fields.size()}});
  } catch (const std::exception&) {
    // Out of memory: the line is lost, what it was about goes on.
  }
}

bool logger::enabled(log_level level) const noexcept {
  return level >= writer_->level_.load(std::memory_order_relaxed);
}

void logger::set_level(log_level level) noexcept {
  writer_->level_.store(level, std::memory_order_relaxed);
}

void logger::set_format(log_format format) noexcept {
  writer_->set_format(format);
}

log_format logger::format() const noexcept {
  return writer_->format_;
}

}  // namespace tokensyncd
