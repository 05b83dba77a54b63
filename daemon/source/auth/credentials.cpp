#include "daemon/source/auth/credentials.hpp"

#include <utility>

#include "daemon/source/auth/bearer.hpp"
#include "daemon/source/auth/jwt.hpp"

namespace tokensyncd::source {
namespace {

using namespace std::chrono;

/// Well before the proof runs out; earlier than that also when the clock was set back.
constexpr seconds made_anew_after{90};

/// A clock that says anything else isn't to be believed.
constexpr sys_seconds earliest = sys_days{2024y / January / 1};
constexpr sys_seconds latest = sys_days{2100y / January / 1};

}  // namespace

credentials::credentials(std::string partner_id, std::filesystem::path secret_file,
                         const std::filesystem::path& previous_file)
    : partner_id_(std::move(partner_id)), current_(std::move(secret_file)) {
  if (!previous_file.empty()) previous_.emplace(previous_file);
}

const secret_file& credentials::active() const noexcept {
  return use_previous_ ? *previous_ : current_;
}

bool credentials::has_other() const noexcept {
  return previous_ && previous_->version() != 0 && current_.version() != 0;
}

std::uint32_t credentials::secrets_read() const noexcept {
  return current_.version() + (previous_ ? previous_->version() : 0);
}

std::vector<failure> credentials::look(steady_time now) {
  if (!is_due(now)) return {};
  return look_at_once(now);
}

std::vector<failure> credentials::look_at_once(steady_time now) {
  return take(now, read(files()));
}

std::vector<std::filesystem::path> credentials::files() const {
  std::vector<std::filesystem::path> all{current_.path()};
  if (previous_) all.push_back(previous_->path());
  return all;
}

credentials::contents credentials::read(const std::vector<std::filesystem::path>& files) {
  contents all;
  for (const auto& each : files) all.push_back(read_secret_file(each));
  return all;
}

std::vector<failure> credentials::take(steady_time now, contents read) {
  std::vector<failure> troubles;
  const auto take_one = [&](secret_file& file, result<secret>& content) {
    if (auto trouble = file.take(now, std::move(content))) troubles.push_back(std::move(*trouble));
  };
  const auto before = secrets_read();
  take_one(current_, read.at(0));
  if (previous_) take_one(*previous_, read.at(1));
  if (secrets_read() != before) {
    ++era_;
    use_previous_ = current_.version() == 0 && previous_ && previous_->version() != 0;
    accepted_.reset();
  }
  return troubles;
}

std::vector<const secret*> credentials::keys() const {
  std::vector<const secret*> known;
  if (current_.version() != 0) known.push_back(&current_.value());
  if (previous_ && previous_->version() != 0) known.push_back(&previous_->value());
  return known;
}

result<credentials::proof> credentials::prove(wall_time now) {
  if (active().version() == 0) {
    return failure{failure_kind::bad_signature,
                   "there is no Partner Secret to sign with; put it into " +
                       current_.path().string() + " (partner.secret_file)"};
  }
  const auto server_now = now + skew_;
  const bool still_good =
      made_era_ == era_ && server_now >= made_for_ && server_now - made_for_ < made_anew_after;
  if (!still_good) {
    made_ =
        std::make_shared<const secret>(bearer(make_jwt(active().value(), partner_id_, server_now)));
    made_for_ = server_now;
    made_era_ = era_;
  }
  return proof{made_, era_};
}

void credentials::accepted(std::uint64_t era) noexcept {
  if (era == era_) accepted_ = combination{use_previous_, skew_};
}

credentials::choice credentials::now_used() const noexcept {
  return (use_previous_ ? previous_secret : 0U) | (skew_.count() != 0 ? learned_clock : 0U);
}

void credentials::use(choice what) noexcept {
  use_previous_ = (what & previous_secret) != 0;
  skew_ = (what & learned_clock) != 0 ? learned_skew_ : seconds{0};
  ++era_;
}

/// Goes back to what was accepted, or on to the next of the others; false where there is none.
bool credentials::try_another(choice may_differ) noexcept {
  const choice used = now_used();
  if (accepted_ && *accepted_ != combination{use_previous_, skew_}) {
    use_previous_ = accepted_->previous;
    skew_ = learned_skew_ = accepted_->skew;
    ++era_;
    return true;
  }
  for (choice step = 1; step <= all_choices + 1; ++step) {
    const choice next = (tried_ + step) & all_choices;
    if (next == used || ((next ^ used) & ~may_differ) != 0) continue;
    tried_ = next;
    return use(next), true;
  }
  return false;
}

bool credentials::refused(std::uint64_t era, failure_kind why, std::optional<sys_seconds> server,
                          wall_time now) {
  if (era != era_) return true;
  const bool tells_time = server && *server > earliest && *server < latest;
  if (tells_time) {
    const auto offset = round<seconds>(*server - now);
    const auto off_by = abs(offset - skew_);
    const bool blamed = why == failure_kind::clock_skew || off_by > skew_suspected || !has_other();
    if (blamed && off_by > skew_noticed) {
      skew_ = learned_skew_ = abs(offset) > skew_noticed ? offset : seconds{0};
      ++era_;
      return true;
    }
  }
  // The clock that an answer told may have been wrong, which no answer without one corrects.
  const bool may_be_clock = !tells_time && learned_skew_.count() != 0;
  const bool may_be_secret = why != failure_kind::clock_skew && has_other();
  return try_another((may_be_clock ? learned_clock : 0U) | (may_be_secret ? previous_secret : 0U));
}

}  // namespace tokensyncd::source
