#include "daemon/sinks/vault/login/wrapped_secret_id.hpp"

#include <string>
#include <utility>

#include "daemon/sinks/secret_text.hpp"
#include "daemon/sinks/vault/login/login_failure.hpp"

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;

}  // namespace

task<outcome<secret>> wrapped_secret_id::unwrap() {
  if (auto wrong = check_header(file_, "secret_id_file")) co_return *std::move(wrong);
  const secret wrapping = file_.value().clone();
  const auto turn = co_await unwrapped_.turn();
  if (const secret* id = unwrapped_.find(file_.path(), wrapping)) co_return id->clone();
  if (refused_version_ == file_.version()) co_return trouble{cause::no_token, *refused_, {}};
  const bool maybe_by_us = unwrapped_.was_sent(file_.path(), wrapping);
  question what;
  what.method = http::method::post;
  what.path = "sys/wrapping/unwrap";
  what.token = wrapping.reveal();
  unwrapped_.began(file_.path(), wrapping);
  auto got = co_await out_.call(what);
  if (got) {
    const json::object* data = object_in(got->body.root(), "data");
    const auto text = data == nullptr ? std::nullopt : text_in(*data, "secret_id");
    if (!text || text->empty()) {
      co_return bad_login("Vault at " + out_.host() +
                          " gave no secret id for the wrapping token in " + file_.path().string() +
                          ": wrap a role's secret-id");
    }
    unwrapped_.gave(file_.path(), secret{*text});
    co_return secret{*text};
  }
  const cause why = got.error().why;
  // Not sent, sealed, no answer: the wrapping token may be as good as before.
  if (why != cause::refused && why != cause::forbidden)
    co_return explained(got.error(), out_.host(), "auth.secret_id_file");
  refused_version_ = file_.version();
  refused_ = spent(maybe_by_us ? last_use::maybe_by_us : last_use::unknown);
  co_return trouble{cause::no_token, *refused_, {}};
}

failure wrapped_secret_id::spent(last_use use) const {
  return {failure_kind::bad_login,
          "the wrapping token in " + file_.path().string() + " gives no secret id: it " +
              (use == last_use::maybe_by_us
                   ? "was sent before, and the answer was lost;"
                   : "has expired, or another client has used it (find out which);") +
              " replace it"};
}

task<std::optional<trouble>> wrapped_secret_id::look() {
  if (unwrapped_.find(file_.path(), file_.value()) != nullptr) co_return std::nullopt;
  secret_text body;
  append_json_member(body, "token", file_.value().reveal());
  body.append('}');
  question what;
  what.method = http::method::post;
  what.path = "sys/wrapping/lookup";
  what.body = body.reveal();
  const auto got = co_await out_.call(what);
  if (got) co_return std::nullopt;
  const cause why = got.error().why;
  if (why != cause::refused && why != cause::forbidden)
    co_return explained(got.error(), out_.host(), "auth.secret_id_file");
  co_return trouble{cause::no_token, spent(last_use::unknown), {}};
}

}  // namespace tokensyncd::sinks::vault
