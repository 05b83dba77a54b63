#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <set>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/sinks/vault/rights.hpp"
#include "daemon/sinks/vault/secret/metadata.hpp"
#include "daemon/sinks/vault/secret/ownership.hpp"
#include "daemon/sinks/vault/secret/vault_etag.hpp"
#include "daemon/sinks/vault/secret/version_expiry.hpp"
#include "daemon/sinks/vault/server/cluster_state.hpp"

namespace {

namespace json = boost::json;
using namespace tokensyncd;
using namespace tokensyncd::sinks;
using namespace tokensyncd::sinks::vault;

constexpr unsigned statuses[] = {200, 200, 204, 301, 400, 403, 404, 404,
                                 405, 412, 413, 418, 429, 500, 503, 599};
constexpr std::string_view host = "vault.example";
constexpr std::string_view mount = "secret";
constexpr signature ours{"acme-partner", "ws-1", 7};
constexpr engine_kind kinds[] = {engine_kind::v1, engine_kind::v2};

/// All that Vault is known to say. What is read of an answer that says something else must be
/// worded as for one of these: so no byte of the answer can be in it.
constexpr std::string_view known_bodies[] = {
    "{}",
    R"({"errors":[]})",
    R"({"errors":["did not match the current version"]})",
    R"({"errors":["from non-versioned to versioned data"]})",
    R"({"errors":["no handler for route"]})",
    R"({"errors":["is sealed"]})",
    R"({"errors":["namespace not found"]})",
    R"({"errors":["active cluster node not found"]})",
    R"({"errors":["metadata check-and-set parameter does not match"]})",
    R"({"errors":["metadata check-and-set parameter required"]})",
    R"({"warnings":["versioned K/V"]})",
    R"({"data":{}})",
    R"({"data":{"type":"pki"}})"};

void require(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u doesn't hold\n", where.file_name(), where.line());
  std::abort();
}

reply answer(unsigned status, std::string_view body) {
  reply made;
  made.status = status;
  static_cast<void>(made.body.read(body));
  return made;
}

/// As the transport hands it on.
outcome<reply> handed_on(unsigned status, std::string_view body) {
  reply from = answer(status, body);
  if (auto refused = read_refusal(from, host, {})) return *std::move(refused);
  return from;
}

struct readings {
  outcome<found_secret> secrets[2];
  outcome<std::uint64_t> writes[2];
  outcome<engine_kind> engine;
};

readings read_all(unsigned status, std::string_view body) {
  const auto secret_of = [&](engine_kind kind) {
    return read_secret(kind, handed_on(status, body), host);
  };
  const auto got = handed_on(status, body);
  return {{secret_of(kinds[0]), secret_of(kinds[1])},
          {read_write(kinds[0], got, host), read_write(kinds[1], got, host)},
          read_mount(got, host, mount)};
}

template <class Visit>
void each_sentence(const readings& all, Visit visit) {
  for (const auto& one : all.secrets)
    if (!one) visit(one.error().what.sentence);
  for (const auto& one : all.writes)
    if (!one) visit(one.error().what.sentence);
  if (!all.engine) visit(all.engine.error().what.sentence);
}

std::set<std::string> make_our_words() {
  std::set<std::string> words;
  for (const unsigned status : statuses) {
    for (const std::string_view body : known_bodies)
      each_sentence(read_all(status, body), [&](const std::string& one) { words.insert(one); });
  }
  return words;
}

void check_members(const found_secret& found, const fingerprinter& prints) {
  static const payload form{{{"token", "{token}"}, {"workspace_id", "{workspace}"}}};
  static const config::labels no_labels;
  static const secret token{"tok"};
  static const revision what{1, prints.of("tok"), {}};
  const sync::delivery_request order{{"ws-1", no_labels}, what, token, {}, {}};
  const secret wanted = form.render(order.whom, what, token);

  const ownership seen = check_ownership(found, wanted, form, {order, {}}, prints);
  const json::object* fields = found.fields();
  require((seen == ownership::free) == (fields == nullptr));
  if (fields == nullptr) return;
  const auto members = canonical(*fields);
  if (seen == ownership::right) require(members && members->reveal() == wanted.reveal());
  static_cast<void>(form.is_signed_for(*fields, "ws-1"));
  if (!members) return;
  // The canonical form is the same members to every reader, and its own canonical form.
  const auto again = json::parse(members->reveal()).as_object();
  require(again == *fields);
  require(canonical(again)->reveal() == members->reveal());
  const auto digest = digest_of(*members, prints);
  require(check_ownership(found, secret{"other"}, form, {order, digest}, prints) ==
          ownership::ours);
}

void check_secret(const outcome<found_secret>& read, const fingerprinter& prints) {
  if (!read) return;
  using state = found_secret::state;
  require((read->fields() != nullptr) == (read->is == state::there));
  require((read->version != 0) == (read->kind == engine_kind::v2 && read->is != state::absent));
  check_members(*read, prints);
  const vault_etag etag{read->kind, read->version & ~(3ULL << 62U), 1, {}};
  const auto unpacked = vault_etag::unpack(etag.pack());
  require(unpacked && unpacked->version == etag.version && unpacked->kind == etag.kind);
}

void check_signature(const reply& got) {
  const json::object* told = object_in(got.body.root(), "data");
  if (told == nullptr) return;
  const owner before = read_owner(*told, ours);
  const auto body = sign(*told, ours);
  if (!body) return;
  const auto all = json::parse(*body).as_object();
  require(all.size() == (all.contains("metadata_cas") ? 2 : 1));
  const auto& after = all.at("custom_metadata").as_object();
  require(after.size() <= 64);
  const json::object* custom = object_in(*told, "custom_metadata");
  if (custom == nullptr) require(before == owner::unsaid && after.size() == 4);
  if (custom != nullptr) {
    for (const auto& [name, value] : *custom) {
      const bool is_ours =
          name == "managed_by" || name == "partner" || name == "workspace" || name == "generation";
      require(is_ours || after.at(name) == value);
    }
  }
  // Read again it is signed, and there is nothing more to write.
  require(read_owner(all, ours) == owner::us && !sign(all, ours));
}

/// What is read beside secrets: nodes, indexes, rights and the end of versions.
void check_other_answers(const reply& got, std::string_view body) {
  if (const auto node = read_health(got)) require(!(node->is_active && node->is_sealed));
  state_index index;
  index.learn(body);
  require(index.header().empty() || index.header() == body);
  if (const auto kept = read_kept(got.body.root())) require(kept->kept_for.count() >= 0);
  missing_rights_watch watch;
  watch.forbidden("p", missing_rights_watch::action::write, {});
  static_cast<void>(watch.answered(&got.body.root(), {}));
}

}  // namespace

/// The first byte chooses the status; the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fingerprinter prints{installation_key{1}};
  static const std::set<std::string> our_words = make_our_words();
  if (size == 0) return 0;
  const unsigned status = statuses[data[0] % std::size(statuses)];
  const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};

  const readings all = read_all(status, body);
  each_sentence(all, [](const std::string& one) { require(our_words.contains(one)); });
  if (status >= 300)
    require(!all.writes[0] && !all.writes[1] && !all.engine);
  else
    require(all.writes[0].has_value());
  if (all.writes[1]) require(*all.writes[1] != 0);
  for (const auto& one : all.secrets) check_secret(one, prints);
  check_signature(answer(status, body));
  check_other_answers(answer(status, body), body);
  return 0;
}
