#include "daemon/sinks/vault/server/refusal.hpp"

#include <algorithm>
#include <utility>

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;

/// Whether one of the texts of the array `list` (`errors`, `warnings`) holds `part`.
bool mentions(const json::object& body, std::string_view list, std::string_view part) {
  const json::value* found = body.if_contains(list);
  const json::array* texts = found == nullptr ? nullptr : found->if_array();
  return texts != nullptr && std::ranges::any_of(*texts, [part](const json::value& text) {
           return text.is_string() &&
                  std::string_view{text.get_string()}.find(part) != std::string_view::npos;
         });
}

/// An empty list of errors, which the server itself sends.
bool has_no_errors(const json::object& body) {
  const json::value* errors = body.if_contains("errors");
  return errors != nullptr && errors->is_array() && errors->get_array().empty();
}

trouble make(cause why, failure_kind kind, std::string sentence) {
  return {why, {kind, std::move(sentence)}, {}};
}

trouble read_400(const json::object& body, const std::string& vault) {
  if (mentions(body, "errors", "did not match the current version"))
    return make(
        cause::changed, failure_kind::busy,
        vault + " has another version than tokensyncd just read: another program writes there too");
  if (mentions(body, "errors", "metadata check-and-set parameter does not match"))
    return make(
        cause::changed, failure_kind::busy,
        vault + " has other metadata than tokensyncd just read: another program writes there too");
  if (mentions(body, "errors", "metadata check-and-set parameter required"))
    return make(cause::refused, failure_kind::invalid,
                vault +
                    " requires the metadata version (metadata_cas_required) but does not report "
                    "it, so secrets there are not signed");
  if (mentions(body, "errors", "from non-versioned to versioned data"))
    return make(cause::upgrading, failure_kind::busy,
                vault + " is preparing the mount after a start or an unseal; tokensyncd retries");
  return make(cause::refused, failure_kind::invalid,
              vault + " does not accept the request (400): check the sink's mount, path and data");
}

trouble read_404(const json::object& body, const std::string& vault) {
  if (mentions(body, "errors", "namespace not found"))
    return make(cause::unknown_namespace, failure_kind::missing_place,
                vault + " does not know the namespace: correct the sink's namespace, or create it");
  if (mentions(body, "errors", "no handler for route"))
    return make(cause::unknown_mount, failure_kind::missing_place,
                vault +
                    " has nothing mounted there: correct the sink's mount (or auth.mount, "
                    "namespace), or enable the engine");
  if (mentions(body, "warnings", "versioned K/V"))
    return make(cause::wrong_kind, failure_kind::wrong_place,
                vault + " has KV version 2 there: set kv_version: auto or 2");
  if (has_no_errors(body))
    return make(cause::nothing, failure_kind::missing_place, vault + " has nothing there");
  // A proxy's page, or an engine's own way to say that it doesn't know the path.
  return make(cause::malformed, failure_kind::malformed,
              vault +
                  " sent a 404 that does not come from a KV engine: check the sink's address, "
                  "mount and namespace");
}

trouble read_503(const json::object& body, const std::string& vault) {
  if (mentions(body, "errors", "is sealed"))
    return make(cause::sealed, failure_kind::server_error,
                vault + " is sealed: unseal it; pending tokens are delivered then");
  return make(cause::no_active, failure_kind::server_error,
              vault + " has no active node now (503); tokensyncd retries");
}

}  // namespace

std::optional<trouble> read_refusal(const reply& from, std::string_view host,
                                    std::optional<std::chrono::milliseconds> retry_after) {
  const json::object& body = from.body.root();
  const std::string vault = "Vault at " + std::string{host};
  switch (from.status) {
    case 400:
      return read_400(body, vault);
    case 403:
      return make(cause::forbidden, failure_kind::no_permission,
                  vault +
                      " forbids it (403): check the policy of the sink's token, and that its "
                      "login is still valid");
    case 404:
      if (object_in(body, "data") != nullptr) return {};
      return read_404(body, vault);
    case 405:
      return make(
          cause::wrong_kind, failure_kind::wrong_place,
          vault + " has a secrets engine mounted there that is not KV: correct the sink's mount");
    case 412:
      return make(cause::not_yet, failure_kind::busy,
                  vault + " has not caught up with its active node (412); tokensyncd retries");
    case 413:
      return make(cause::refused, failure_kind::too_large,
                  vault + " finds the request too large (413): shorten the sink's data");
    case 429: {
      // OpenBao's standby says nothing more where it lags behind the index that was sent.
      if (has_no_errors(body))
        return make(cause::not_yet, failure_kind::busy,
                    vault + " has not caught up with its active node (429); tokensyncd retries");
      auto limited =
          make(cause::quota, failure_kind::throttled,
               vault + " limits the rate (429, a quota); tokensyncd pauses its requests");
      limited.wait = retry_after;
      return limited;
    }
    case 503:
      return read_503(body, vault);
    default:
      break;
  }
  if (from.status >= 500 && mentions(body, "errors", "active cluster node not found"))
    return make(cause::no_active, failure_kind::server_error,
                vault +
                    " is a standby and knows no active node: the cluster has no leader now; "
                    "tokensyncd retries");
  const std::string number = " (" + std::to_string(from.status) + ")";
  if (from.status >= 500)
    return make(cause::broken, failure_kind::server_error,
                vault + " has an internal error" + number + "; tokensyncd retries");
  if (from.status >= 300)
    return make(
        cause::malformed, failure_kind::malformed,
        vault + " sent an answer that Vault does not send" + number + ": check the sink's address");
  return {};
}

failure about(std::string_view destination, const trouble& what) {
  return {what.what.kind, std::string{destination} + ": " + what.what.sentence};
}

}  // namespace tokensyncd::sinks::vault
