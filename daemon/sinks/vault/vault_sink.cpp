#include "daemon/sinks/vault/vault_sink.hpp"

#include <utility>
#include <variant>

namespace tokensyncd::sinks::vault {
namespace {

constexpr unsigned most_attempts = 4;
constexpr unsigned most_unanswered = 3;

std::function<void(log_level, const std::string&)> log_of(const sink_context& context,
                                                          std::string name) {
  return [report = context.log.report, name = std::move(name)](log_level level,
                                                               const std::string& sentence) {
    if (report) report(level, name, sentence);
  };
}

}  // namespace

vault_sink::vault_sink(const config::sink& section, const sink_context& context)
    : settings_(std::get<config::vault_sink_settings>(section.kind)),
      deletes_(section.removal == config::on_remove::erase),
      names_(settings_),
      payload_(settings_.data),
      prints_(context.prints),
      time_(context.time),
      log_(log_of(context, section.name)),
      expiry_(
          context.time, [this](const kept_version& how) { log_expiry(how); },
          [this] { report(sync::sink_news::look_again); }),
      access_(context.loop, settings_, context.user_agent,
              {context.time, context.rng, context.unwrapped, log_, [this] { recovered(); }}),
      signer_(access_, context.time, context.rng, context.partner) {}

task<outcome<location>> vault_sink::locate(const sync::target& whom) {
  co_return co_await locate(names_.path(whom));
}

task<outcome<location>> vault_sink::locate(std::string path) {
  location where;
  where.mount = settings_.mount;
  where.path = std::move(path);
  const auto kind = co_await access_.engine(where.path);
  if (!kind) co_return kind.error();
  where.kind = *kind;
  co_return where;
}

failure vault_sink::explain(const location& where, const trouble& why) {
  return is_about_the_place(why.why) ? about(where.name(), why) : why.what;
}

task<result<sync::delivered>> vault_sink::deliver(const sync::delivery_request& what) {
  auto where = co_await locate(what.whom);
  if (!where) co_return where.error().what;
  job on{what, std::move(*where), payload_.render(what.whom, what.what, what.token), {}};
  on.next.kind = on.where.kind;
  on.next.shape = payload_.shape(what.whom);
  on.next.digest = digest_of(on.wanted, prints_);
  if (what.present) on.before = vault_etag::unpack(what.present->tag);

  // What was there is known, and is another token: its version says whether it still is. Where a
  // look has shown something else, the same version may be somebody else's on a path made anew.
  const bool known = on.before && on.before->kind == engine_kind::v2 && on.before->version != 0 &&
                     on.where.kind == engine_kind::v2 && !what.present->drifted &&
                     what.present->token != what.what.token;
  attempt done;
  if (known) done = co_await rewrite(on);
  for (unsigned i = 0; !done && i < most_attempts; ++i) done = co_await compare_and_write(on);
  if (done) co_return std::move(*done);
  co_return failure{failure_kind::busy,
                    on.where.name() +
                        " in Vault keeps changing, because another program writes there too; find "
                        "it, or give the sink another path"};
}

sync::delivered vault_sink::wrote(job& on, const written_version& made, sync::write_result how) {
  expiry_.written(on.where.name(), made.kept);
  return arrived(on, made.number, how);
}

sync::delivered vault_sink::arrived(job& on, std::uint64_t version, sync::write_result how) {
  on.next.version = version;
  if (on.what.uncertain != nullptr) *on.what.uncertain = {};  // it is known now
  const bool seen = how == sync::write_result::unchanged;
  // A signature of before says so still.
  if (!seen || !on.what.present) {
    signer_.owe(on.where, on.what.whom.workspace, on.what.what.generation,
                seen ? signer::reason::seen : signer::reason::written);
  }
  return {how, on.next.pack()};
}

void vault_sink::note_if_uncertain(const job& on, const trouble& why) {
  if (on.what.uncertain == nullptr || !may_have_been_done(why.why)) return;
  *on.what.uncertain = on.next.pack();  // of no known version
}

task<vault_sink::attempt> vault_sink::rewrite(job& on) {
  const auto version = co_await access_.write(on.where, on.wanted.reveal(), on.before->version);
  if (version) co_return wrote(on, *version, sync::write_result::written);
  note_if_uncertain(on, version.error());
  // Somebody else's version, or it may have been done: it is looked at.
  const cause why = version.error().why;
  if (why == cause::changed || may_have_been_done(why)) co_return std::nullopt;
  co_return explain(on.where, version.error());
}

task<vault_sink::attempt> vault_sink::compare_and_write(job& on) {
  using sync::write_result;
  const auto found = co_await access_.read(on.where);
  if (!found) co_return explain(on.where, found.error());
  notice(on.where, *found, on.before);
  const known_writes known{
      on.what, on.before ? std::optional{on.before->digest} : std::optional<fingerprint>{}};
  const ownership seen = check_ownership(*found, on.wanted, payload_, known, prints_);
  if (seen == ownership::right && !expiry_.is_due(on.where.name())) {
    co_return arrived(on, found->version, write_result::unchanged);
  }
  const auto allowed = co_await may_write(on, *found, seen);
  if (!allowed) co_return explain(on.where, allowed.error());
  if (!*allowed) {
    co_return failure{failure_kind::conflict,
                      on.where.name() +
                          " in Vault holds something that tokensyncd did not write, so it is kept: "
                          "give the sink another path, or set adopt: true to take it over"};
  }
  const bool was_right_before = on.before && on.what.present->token == on.what.what.token &&
                                on.before->shape == on.next.shape &&
                                on.before->digest == on.next.digest;
  const auto version = co_await access_.write(on.where, on.wanted.reveal(), found->version);
  if (version) {
    co_return wrote(on, *version,
                    was_right_before ? write_result::repaired : write_result::written);
  }
  note_if_uncertain(on, version.error());
  if (version.error().why == cause::changed) co_return std::nullopt;
  co_return explain(on.where, version.error());
}

task<outcome<bool>> vault_sink::may_write(const job& on, const found_secret& found,
                                          ownership seen) {
  if (seen != ownership::unclear || settings_.adopt) co_return true;
  const auto by = co_await signer_.owner_of(on.where, found, on.what.whom.workspace);
  if (!by) co_return by.error();
  if (*by != owner::unsaid) co_return *by == owner::us;
  co_return payload_.is_signed_for(*found.fields(), on.what.whom.workspace);
}

task<void> vault_sink::inspect(std::span<sync::inspection> destinations) {
  unsigned unanswered = 0;  // in a row
  looks_.begin();
  for (sync::inspection& each : destinations) {
    const auto recorded = vault_etag::unpack(each.tag);
    if (!recorded || recorded->shape != payload_.shape(each.whom)) {
      each.seen = sync::destination_state::drifted;
      continue;
    }
    const auto where = co_await locate(each.whom);
    if (!where) co_return could_not_look(where.error(), where.error().what.sentence);
    const auto found = co_await access_.read(*where, access::need::look);
    if (found) {
      look_at(each, *where, *found, *recorded);
      unanswered = 0;
      continue;
    }
    const trouble why = found.error();
    could_not_look(why, explain(*where, why).sentence);
    // One destination may be damaged; where several are, it is the server.
    if (may_have_been_done(why.why)) ++unanswered;
    if (unanswered == most_unanswered || concerns_the_server(why.why)) co_return;
  }
}

void vault_sink::look_at(sync::inspection& destination, const location& where,
                         const found_secret& found, const vault_etag& recorded) {
  notice(where, found, recorded);
  const auto* fields = found.fields();
  const auto there = fields == nullptr ? std::nullopt : canonical(*fields);
  const bool is_right = there && digest_of(*there, prints_) == recorded.digest;
  const bool stays = !expiry_.is_due(where.name());
  destination.seen =
      is_right && stays ? sync::destination_state::as_recorded : sync::destination_state::drifted;
  if (is_right && destination.generation != 0)
    signer_.owe_if_unsigned(where, found, destination.whom.workspace, destination.generation);
}

void vault_sink::notice(const location& where, const found_secret& found,
                        const std::optional<vault_etag>& recorded) {
  // One that was deleted by hand has a time as well.
  const auto* metadata = found.fields() == nullptr ? nullptr : found.metadata();
  const auto kept = metadata == nullptr ? std::nullopt : read_kept(*metadata);
  expiry_.seen(where.name(), kept);
  const bool is_older =
      recorded && recorded->kind == where.kind && found.version < recorded->version;
  if (is_older && looks_.suspects_loss(time_.now())) report(sync::sink_news::look_again);
}

void vault_sink::could_not_look(const trouble& why, const std::string& sentence) {
  if (!looks_.failed(why.why, time_.now())) return;
  log_(log_level::warning,
       "Cannot check the secrets in Vault for changes: " + sentence +
           ". The check is retried; until it succeeds, changes by other programs are not noticed.");
}

std::optional<wall_time> vault_sink::login_expires() const noexcept {
  return access_.login().expires();
}

std::optional<std::string_view> vault_sink::login_error() const noexcept {
  return access_.login().refused();
}

}  // namespace tokensyncd::sinks::vault
