#include "daemon/sinks/vault/secret/payload.hpp"

#include <algorithm>

#include "daemon/sinks/vault/secret/document.hpp"

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;

}  // namespace

payload::payload(const std::vector<std::pair<std::string, std::string>>& data) {
  for (const auto& [name, text] : data) members_.push_back({name, content{text}});
}

secret payload::render(const sync::target& whom, const revision& what, const secret& token) const {
  secret_text out;
  for (const member& each : members_)
    append_json_member(out, each.name, each.value.render(whom, what, token).reveal());
  if (members_.empty()) out.append('{');
  out.append('}');
  return out.take();
}

std::uint64_t payload::shape(const sync::target& whom) const {
  std::uint64_t hash = hash_start;
  for (const member& each : members_) {
    const std::uint64_t of_value = each.value.shape(whom);
    hash = hash_on(hash, each.name);
    hash = hash_on(hash, {reinterpret_cast<const char*>(&of_value), sizeof of_value});
  }
  return hash;
}

std::optional<fingerprint> payload::token_in(const json::object& fields,
                                             const fingerprinter& prints) const {
  const auto found = std::ranges::find_if(members_, &content::is_token, &member::value);
  if (found == members_.end()) return {};
  const auto text = text_in(fields, found->name);
  if (!text) return {};
  return prints.of(*text);
}

bool payload::is_signed_for(const json::object& fields, std::string_view workspace) const {
  if (fields.size() != members_.size()) return false;
  bool has_id = false;
  for (const member& each : members_) {
    const auto text = text_in(fields, each.name);
    if (!text) return false;
    if (!each.value.is_workspace()) continue;
    if (*text != workspace) return false;
    has_id = true;
  }
  return has_id;
}

std::optional<secret> canonical(const json::object& fields) {
  std::vector<std::pair<std::string_view, std::string_view>> sorted;
  for (const auto& [name, value] : fields) {
    if (!value.is_string()) return {};
    const json::string& text = value.get_string();
    sorted.emplace_back(std::string_view{name.data(), name.size()},
                        std::string_view{text.data(), text.size()});
  }
  std::ranges::sort(sorted);
  secret_text out;
  for (const auto& [name, text] : sorted) append_json_member(out, name, text);
  if (sorted.empty()) out.append('{');
  out.append('}');
  return out.take();
}

}  // namespace tokensyncd::sinks::vault
