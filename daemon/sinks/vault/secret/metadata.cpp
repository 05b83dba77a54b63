#include "daemon/sinks/vault/secret/metadata.hpp"

#include <array>
#include <utility>

#include <boost/json/serialize.hpp>

#include "daemon/sinks/vault/secret/document.hpp"

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;

constexpr std::size_t most_entries = 64;
constexpr std::string_view manager = "tokensyncd";

const json::object* custom_in(const secret_metadata& from) {
  return object_in(from, "custom_metadata");
}

}  // namespace

bool tells_custom(const secret_metadata& from) noexcept {
  return from.contains("custom_metadata");
}

owner read_owner(const secret_metadata& from, const signature& ours) {
  const json::object* custom = custom_in(from);
  const auto by = custom == nullptr ? std::nullopt : text_in(*custom, "managed_by");
  if (!by) return owner::unsaid;
  const bool same = *by == manager && text_in(*custom, "partner") == ours.partner &&
                    text_in(*custom, "workspace") == ours.workspace;
  return same ? owner::us : owner::somebody_else;
}

std::optional<std::string> sign(const secret_metadata& from, const signature& ours) {
  if (!tells_custom(from)) return {};
  const json::object* before = custom_in(from);
  json::object after;
  if (before != nullptr) after = *before;
  const std::string generation = std::to_string(ours.generation);
  const std::array<std::pair<std::string_view, std::string_view>, 4> entries{
      {{"managed_by", manager},
       {"partner", ours.partner},
       {"workspace", ours.workspace},
       {"generation", generation}}};
  bool differs = false;
  for (const auto& [name, value] : entries) {
    differs = differs || text_in(after, name) != value;
    after[name] = value;
  }
  if (!differs || after.size() > most_entries) return {};
  json::object body{{"custom_metadata", std::move(after)}};
  // Servers that tell it take it too, and may be set to require it (metadata_cas_required).
  if (const auto version = number_in(from, "current_metadata_version"))
    body["metadata_cas"] = *version;
  return json::serialize(body);
}

}  // namespace tokensyncd::sinks::vault
