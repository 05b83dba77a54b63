#include "daemon/source/answer.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "daemon/model/utf8.hpp"
#include "daemon/source/answer_members.hpp"
#include "daemon/source/refusal.hpp"

namespace tokensyncd::source {
namespace {

constexpr std::size_t longest_token = 4096;

constexpr std::string_view asked_again = "nothing was changed, and tokensyncd asks again";

/// `next`: what follows from it.
failure malformed(std::string_view workspace, std::string_view why, std::string_view next) {
  return {failure_kind::malformed, "workspace " + std::string(workspace) +
                                       ": the Partner API's answer is not valid (" +
                                       std::string(why) + "); " + std::string(next)};
}

/// Unicode's White_Space, without the controls.
bool is_space(char32_t code) {
  return code == 0x20 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

result<sync::observation> read_any(const received& answer, const sync::fetch_request& what,
                                   const body_hasher& hasher, std::string_view next) {
  if (answer.status < 200 || answer.status > 299) return read_refusal(answer, what.workspace);
  const auto refuse = [&](std::string_view why) { return malformed(what.workspace, why, next); };
  if (answer.is_encoded())
    return refuse("it is compressed or encoded, although the request did not ask for that");
  sync::observation out;
  out.body = hasher.of(answer.body);
  if (what.accepted != nullptr && out.body == *what.accepted) {
    out.same_bytes = true;
    return out;
  }

  answer_members members;
  if (!members.read(answer.body)) return refuse("it is not one JSON object, or has a key twice");
  const auto& workspace = members[answer_members::workspace_id];
  if (workspace.is != member::type::text || workspace.text != what.workspace)
    return refuse("its workspace_id is not the one that was asked for");
  const auto& token = members[answer_members::token];
  if (token.is != member::type::text || !is_deliverable(token.text))
    return refuse("its token is missing, empty, too long or holds control characters");
  const auto& rotated = members[answer_members::rotated_at];
  if (rotated.is == member::type::text) out.rotated_at = parse_rfc3339(rotated.text);
  const bool says_nothing = rotated.is == member::type::absent || rotated.is == member::type::null;
  // No reason to withhold a token: after a rotation the one before is dead already.
  out.rotated_at_unreadable = !says_nothing && !out.rotated_at;
  out.token = secret{token.text};
  return out;
}

}  // namespace

bool is_deliverable(std::string_view text) noexcept {
  if (text.empty() || text.size() > longest_token) return false;
  bool only_space = true;
  while (!text.empty()) {
    const code_point next = first_code_point(text);
    text.remove_prefix(next.size);
    const char32_t code = next.value;
    if (is_control(code)) return false;
    only_space = only_space && is_space(code);
  }
  return !only_space;
}

result<sync::observation> read_token_answer(const received& answer, const sync::fetch_request& what,
                                            const body_hasher& hasher) {
  return read_any(answer, what, hasher, asked_again);
}

result<sync::observation> read_rotation_answer(const received& answer, std::string_view workspace,
                                               const body_hasher& hasher) {
  sync::fetch_request what;
  what.workspace = workspace;
  return read_any(answer, what, hasher, "tokensyncd asks which token is valid now");
}

bool is_plain_refusal(unsigned status) noexcept {
  return status >= 400 && status <= 499 && status != 408;
}

result<void> read_details_answer(const received& answer, std::string_view workspace) {
  if (answer.status < 200 || answer.status > 299) return read_refusal(answer, workspace);
  answer_members members;
  if (answer.is_encoded() || !members.read(answer.body))
    return malformed(workspace, "it is not one JSON object, or has a key twice", asked_again);
  return {};
}

}  // namespace tokensyncd::source
