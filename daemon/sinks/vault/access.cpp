#include "daemon/sinks/vault/access.hpp"

#include <string>
#include <utility>

#include "daemon/sinks/secret_text.hpp"

namespace tokensyncd::sinks::vault {
access::access(asio::io_context& loop, const config::vault_sink_settings& settings,
               std::string_view user_agent, const session_context& context)
    : client_(loop, settings, user_agent,
              heard_by(context,
                       [this, recovered = context.recovered] {
                         engine_.retry_now();
                         if (recovered) recovered();
                       })),
      engine_(settings, client_, context.time, context.rng) {}

task<outcome<reply>> access::ask(http::method how, std::string_view path, std::string_view body,
                                 need right, std::string_view policy_path) {
  auto got = co_await client_.ask(how, path, body, right, policy_path);
  if (!got) engine_.forget_if(got.error());
  co_return got;
}

void access::ask_anew(bool by_an_operator) {
  client_.ask_anew(by_an_operator);
  engine_.retry_now();
}

task<outcome<found_secret>> access::read(const location& where, need right) {
  const std::string path = where.secret_path();
  constexpr std::string_view nothing;
  const std::string policy_path = where.policy_path();
  auto got = co_await ask(http::method::get, path, nothing, right, policy_path);
  co_return read_secret(where.kind, std::move(got), host());
}

task<outcome<written_version>> access::write(const location& where, std::string_view members,
                                             std::uint64_t cas) {
  const std::string path = where.secret_path();
  secret_text body;
  if (where.kind == engine_kind::v2) {
    body.append("{\"options\":{\"cas\":" + std::to_string(cas) + "},\"data\":");
    body.append(members);
    body.append('}');
  } else {
    body.append(members);
  }
  const std::string policy_path = where.policy_path();
  const auto got = co_await ask(http::method::post, path, body.reveal(), need::must, policy_path);
  const auto version = read_write(where.kind, got, host());
  if (version) {
    written_version made;
    made.number = *version;
    if (const auto* data = object_in(got->body.root(), "data")) made.kept = read_kept(*data);
    co_return made;
  }
  engine_.forget_if(version.error());
  const bool was_taken = got.has_value() && version.error().why == cause::wrong_kind;
  if (was_taken && where.kind == engine_kind::v2)
    co_return co_await take_back(where, version.error());
  co_return version.error();
}

task<trouble> access::take_back(const location& where, trouble why) {
  const auto kind = co_await engine_.ask_mount(where.path);
  if (kind && *kind == engine_kind::v2) co_return why;
  bool is_gone = false;
  if (kind) {
    const auto gone = co_await remove(where);
    is_gone = gone.has_value();
  }
  if (!is_gone)
    why.what.sentence +=
        "; the token may have been stored at " + where.secret_path() + ": delete it by hand";
  co_return why;
}

task<outcome<reply>> access::remove(const location& where) {
  const std::string path = where.secret_path();
  constexpr std::string_view nothing;
  co_return co_await ask(http::method::del, path, nothing, need::may);
}

task<outcome<reply>> access::read_metadata(const location& where, importance what_for) {
  const std::string path = where.metadata_path();
  const question what{http::method::get, path, {}, {}, what_for, {}};
  auto got = co_await client_.call(what, need::may);
  if (!got) engine_.forget_if(got.error());
  co_return got;
}

task<outcome<reply>> access::write_metadata(const location& where, std::string_view body) {
  const std::string path = where.metadata_path();
  co_return co_await ask(http::method::post, path, body, need::may);
}

}  // namespace tokensyncd::sinks::vault
