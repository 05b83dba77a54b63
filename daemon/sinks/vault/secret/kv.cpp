#include "daemon/sinks/vault/secret/kv.hpp"

#include <string>
#include <utility>

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;

trouble malformed(std::string_view host) {
  return {cause::malformed,
          {failure_kind::malformed, "Vault at " + std::string{host} +
                                        " sent an answer that does not come from a KV engine: "
                                        "check the sink's address, mount and kv_version"},
          {}};
}

/// A 404 with data passes for no refusal, as a read of KV v2 tells of a deleted version so.
bool is_success(const reply& got) {
  return got.status / 100 == 2;
}

trouble wrong_kind(std::string_view host, std::string_view mount, std::string_view what) {
  return {
      cause::wrong_kind,
      {failure_kind::wrong_place, "Vault at " + std::string{host} + ": " + std::string{mount} +
                                      " is " + std::string{what} + ": correct the sink's mount"},
      {}};
}

}  // namespace

const json::object* found_secret::fields() const noexcept {
  if (is != state::there) return nullptr;
  const json::object* data = object_in(from.body.root(), "data");
  return kind == engine_kind::v1 || data == nullptr ? data : object_in(*data, "data");
}

const json::object* found_secret::metadata() const noexcept {
  const json::object* data = object_in(from.body.root(), "data");
  return kind == engine_kind::v1 || data == nullptr ? nullptr : object_in(*data, "metadata");
}

outcome<found_secret> read_secret(engine_kind kind, outcome<reply> got, std::string_view host) {
  found_secret out;
  out.kind = kind;
  if (!got) {
    if (got.error().why == cause::nothing) return out;
    return got.error();
  }
  out.from = std::move(*got);
  const json::object* data = object_in(out.from.body.root(), "data");
  const bool done = is_success(out.from);
  if (data == nullptr || (kind == engine_kind::v1 && !done)) return malformed(host);
  out.is = found_secret::state::there;
  if (kind == engine_kind::v1) return out;

  const json::object* metadata = object_in(*data, "metadata");
  const std::uint64_t version =
      metadata == nullptr ? 0 : number_in(*metadata, "version").value_or(0);
  if (version == 0) return malformed(host);
  out.version = version;
  if (out.fields() != nullptr) {
    if (done) return out;
    return malformed(host);
  }
  const json::value* gone = data->if_contains("data");
  if (gone == nullptr || !gone->is_null()) return malformed(host);
  out.is = found_secret::state::deleted;
  return out;
}

outcome<std::uint64_t> read_write(engine_kind kind, const outcome<reply>& got,
                                  std::string_view host) {
  if (!got) return got.error();
  if (!is_success(*got)) return malformed(host);
  if (kind == engine_kind::v1) return std::uint64_t{0};
  const json::object* data = object_in(got->body.root(), "data");
  const std::uint64_t version = data == nullptr ? 0 : number_in(*data, "version").value_or(0);
  // KV v1 takes any path, `data/…` too, and answers with nothing.
  if (got->status == 204)
    return wrong_kind(host, "the sink's mount", "not KV version 2, although kv_version says so");
  if (version == 0) return malformed(host);
  return version;
}

outcome<engine_kind> read_mount(const outcome<reply>& got, std::string_view host,
                                std::string_view mount) {
  if (!got) return got.error();
  const json::object* data = object_in(got->body.root(), "data");
  const auto type = data == nullptr ? std::nullopt : text_in(*data, "type");
  if (!type || !is_success(*got)) return malformed(host);
  if (*type != "kv" && *type != "generic") return wrong_kind(host, mount, "not a KV engine");
  const json::object* options = object_in(*data, "options");
  const auto version = options == nullptr ? std::nullopt : text_in(*options, "version");
  return version && *version == "2" ? engine_kind::v2 : engine_kind::v1;
}

}  // namespace tokensyncd::sinks::vault
