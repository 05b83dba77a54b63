#include "daemon/source/partner_source.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "daemon/http/text/http_date.hpp"
#include "daemon/http/text/retry_after.hpp"
#include "daemon/source/answer.hpp"
#include "daemon/source/auth/jwt.hpp"
#include "daemon/source/received.hpp"
#include "daemon/source/request.hpp"

namespace tokensyncd::source {
namespace {

constexpr unsigned most_calls = 2;
constexpr std::string_view known_version = "v1";
constexpr std::chrono::milliseconds doubt_interval{100};

bool concerns_credentials(failure_kind kind) {
  return kind == failure_kind::bad_signature || kind == failure_kind::unauthorized ||
         kind == failure_kind::clock_skew;
}

bool can_be_a_header(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

}  // namespace

partner_source::partner_source(std::unique_ptr<http::client> api, clock& time,
                               const config::partner_settings& settings, notice tell)
    : api_(std::move(api)),
      time_(time),
      partner_id_(settings.id),
      base_path_(split_api_url(settings.api_url).path),
      credentials_(settings.id, settings.secret_file, settings.previous_secret_file),
      tell_(std::move(tell)),
      secrets_([this] { tell_(log_level::warning, sentence_of_hang(credentials_.files())); }) {
  if (!can_be_a_header(partner_id_))
    throw std::invalid_argument("partner.id is empty or holds control characters; correct it");
}

task<sync::fetched> partner_source::fetch(const sync::fetch_request& what) {
  auto target = token_target(base_path_, what.workspace);
  auto answer = co_await ask(what, std::move(target), wanted::token);
  co_return std::move(answer.got);
}

task<sync::rotation_answer> partner_source::rotate(std::string_view workspace) {
  sync::fetch_request what;
  what.workspace = workspace;
  auto target = token_target(base_path_, workspace);
  co_return co_await ask(what, std::move(target), wanted::new_token);
}

task<result<void>> partner_source::probe(std::string_view workspace) {
  sync::fetch_request what;
  what.workspace = workspace;
  auto target = workspace_target(base_path_, workspace);
  const auto answer = co_await ask(what, std::move(target), wanted::details);
  if (!answer.got.what) co_return answer.got.what.error();
  co_return result<void>{};
}

result<void> partner_source::look_at_secrets() {
  take(credentials::read(credentials_.files()));
  const auto proof = credentials_.prove(time_.wall());
  if (!proof) return proof.error();
  return {};
}

task<bool> partner_source::renew_secrets() {
  const auto before = credentials_.secrets_read();
  co_await look();
  co_return credentials_.secrets_read() != before;
}

result<secret> partner_source::sign_event() {
  const auto keys = credentials_.keys();
  if (keys.empty()) return credentials_.prove(time_.wall()).error();
  return make_jwt(*keys.front(), partner_id_, time_.wall());
}

task<jwt_status> partner_source::check_event(std::string_view signature,
                                             std::string_view partner_id) {
  if (signature.empty()) co_return jwt_status::not_signed;
  if (partner_id != partner_id_) co_return jwt_status::wrong_partner;
  if (credentials_.is_due(time_.now()) && !secrets_.is_busy()) co_await look();
  const auto check = [&] {
    return check_jwt(signature, credentials_.keys(), partner_id_, time_.wall());
  };
  const auto status = check();
  const auto now = time_.now();
  if (status != jwt_status::bad_signature || (doubted_ && now - *doubted_ < doubt_interval))
    co_return status;
  doubted_ = now;
  const auto before = credentials_.secrets_read();
  co_await look();
  co_return credentials_.secrets_read() == before ? status : check();
}

task<sync::rotation_answer> partner_source::ask(const sync::fetch_request& what, std::string target,
                                                wanted how) {
  sync::rotation_answer whole;
  sync::fetched& out = whole.got;
  out.calls = 0;
  // While a read is under way, or hangs, calls go on with what is known.
  out.asked = time_.now();
  if (credentials_.is_due(out.asked) && !secrets_.is_busy()) {
    co_await look();
    out.asked = time_.now();
  }
  for (bool again = true; again;) {
    auto proof = credentials_.prove(time_.wall());
    if (!proof) {
      out.what = proof.error();
      out.answered = out.asked;
      break;
    }
    auto got = co_await call(what, target, how, proof->authorization->reveal());
    ++out.calls;
    out.answered = time_.now();
    again = false;
    // What may have been done is never asked for twice.
    whole.may_have_rotated = got.may_have_rotated;
    if (!got.what && !got.may_have_rotated && concerns_credentials(got.what.error().kind)) {
      co_await look();
      again =
          credentials_.refused(proof->era, got.what.error().kind, got.server_time, time_.wall()) &&
          out.calls < most_calls;
      if (again) out.asked = time_.now();
    }
    if (got.what) credentials_.accepted(proof->era);
    out.what = std::move(got.what);
    out.retry_after = got.retry_after;
  }
  out.clock_skew = credentials_.skew();
  co_return whole;
}

task<partner_source::reply> partner_source::call(const sync::fetch_request& what,
                                                 std::string_view target, wanted how,
                                                 std::string_view authorization) {
  const std::array<http::header, 2> headers{http::header{"Authorization", authorization},
                                            http::header{"X-TL-Partner-Id", partner_id_}};
  http::request request;
  request.target = target;
  request.headers = headers;
  bool begun = false;
  if (how == wanted::new_token) {
    request.method = http::method::post;
    request.needs_fresh_connection = true;
    request.begun = &begun;
  }
  auto answer = co_await api_->call(request);
  if (!answer) {
    reply failed;
    failed.what = answer.error();
    failed.may_have_rotated = begun;
    co_return failed;
  }
  co_return read(*answer, what, how);
}

partner_source::reply partner_source::read(http::answer& from, const sync::fetch_request& what,
                                           wanted how) {
  reply out;
  received view{from.status(), from.body(), from.header("Content-Encoding")};
  const bool is_fine = view.status >= 200 && view.status <= 299;
  const auto now = time_.wall();
  if (!is_fine || how == wanted::details) {
    // An answer out of a cache tells the time at which it was made.
    if (const auto date = from.header("Date"); date && !from.header("Age"))
      out.server_time = http::parse_http_date(*date, now);
    if (out.server_time)
      clock_ahead_ = std::chrono::floor<std::chrono::seconds>(now) - *out.server_time;
  }
  if (is_fine) {
    check_version(from);
  } else {
    view.server_now = out.server_time ? *out.server_time : now + credentials_.skew();
    view.retry_after = from.header("Retry-After");
    if (view.retry_after)
      out.retry_after = http::parse_retry_after(*view.retry_after, view.server_now);
  }
  if (how == wanted::token) {
    out.what = read_token_answer(view, what, hasher_);
  } else if (how == wanted::new_token) {
    out.what = read_rotation_answer(view, what.workspace, hasher_);
    out.may_have_rotated = !out.what && !is_plain_refusal(view.status);
  } else if (auto granted = read_details_answer(view, what.workspace); !granted) {
    out.what = granted.error();
  }
  if (!out.what && taints_connection(out.what.error().kind)) from.discard_connection();
  return out;
}

task<> partner_source::look() {
  file_reader::read read = [this, files = credentials_.files()]() -> file_reader::take {
    // Of this object nothing is used here: it may be gone.
    auto contents = std::make_shared<credentials::contents>(credentials::read(files));
    return [this, contents] { take(std::move(*contents)); };
  };
  co_await secrets_.run(std::move(read));
}

void partner_source::take(credentials::contents read) {
  const auto before = credentials_.secrets_read();
  for (const auto& trouble : credentials_.take(time_.now(), std::move(read)))
    tell_(log_level::warning, trouble.sentence);
  if (before != 0 && credentials_.secrets_read() != before)
    tell_(log_level::info,
          "A Partner Secret file has changed; its new content is used from now on.");
}

void partner_source::check_version(const http::answer& from) {
  if (told_of_version_) return;
  const auto version = from.header("X-TL-API-Version");
  if (!version || *version == known_version) return;
  told_of_version_ = true;
  tell_(log_level::warning,
        "the Partner API says that it is not version v1 (X-TL-API-Version); look for a newer "
        "tokensyncd");
}

}  // namespace tokensyncd::source
