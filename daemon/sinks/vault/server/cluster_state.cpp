#include "daemon/sinks/vault/server/cluster_state.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/runtime/crypto.hpp"
#include "daemon/sinks/vault/secret/document.hpp"

namespace tokensyncd::sinks::vault {
namespace {

constexpr std::size_t longest_index = 512;

std::optional<std::string> decode_base64(std::string_view text) {
  const auto end = text.find_last_not_of('=');
  if (end == std::string_view::npos) return {};
  std::string url{text.substr(0, end + 1)};
  std::ranges::replace(url, '+', '-');
  std::ranges::replace(url, '/', '_');
  return decode_base64url(url);
}

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

std::optional<health> read_health(const reply& from) {
  const auto& body = from.body.root();
  if (!body.contains("initialized") || !body.contains("sealed")) return {};
  health out;
  out.is_sealed = is_true_in(body, "sealed");
  out.is_active = is_true_in(body, "initialized") && !out.is_sealed &&
                  !is_true_in(body, "standby") && !is_true_in(body, "performance_standby");
  if (const auto id = text_in(body, "cluster_id")) out.cluster = *id;
  return out;
}

void state_index::learn(std::string_view header) {
  if (header.empty() || header.size() > longest_index) return;
  const auto text = decode_base64(header);
  document body;
  std::string_view cluster;
  std::optional<std::uint64_t> value;
  if (text && body.read(*text)) {
    cluster = text_in(body.root(), "cluster").value_or("");
    value = to_number(text_in(body.root(), "value").value_or(""));
  }
  const bool is_older = value && cluster == cluster_ && *value < value_;
  if (is_older) return;
  header_ = header;
  cluster_ = cluster;
  value_ = value.value_or(0);
}

void cluster_watch::met(cause why) noexcept {
  was_out_ = was_out_ || why == cause::sealed || why == cause::unreached;
}

bool cluster_watch::saw(const std::optional<health>& now) {
  if (!now || now->is_sealed) {
    was_out_ = true;
    return false;
  }
  const bool was_out = std::exchange(was_out_, false);
  if (now->cluster.empty()) return was_out;
  const std::string before = std::exchange(cluster_, now->cluster);
  return was_out || (!before.empty() && before != cluster_);
}

}  // namespace tokensyncd::sinks::vault
