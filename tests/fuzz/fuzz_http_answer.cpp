#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <source_location>
#include <string>
#include <string_view>

#include "daemon/http/client/proxy_request.hpp"
#include "daemon/http/text/content_coding.hpp"
#include "daemon/http/text/message_reader.hpp"

namespace {

using namespace tokensyncd::http;

constexpr message_limits limits{.header_bytes = 2048, .header_count = 16, .body_bytes = 512};

void require(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u doesn't hold\n", where.file_name(), where.line());
  std::abort();
}

/// What the client makes of an answer that comes `piece` bytes at a time, and then the end.
std::string hear(std::string_view bytes, std::size_t piece) {
  message_reader<false> reader(limits);
  progress how = reader.got(0);
  while (how == progress::need_more && !bytes.empty()) {
    const auto space = reader.space();
    if (space.empty()) return "too large";
    const std::size_t size = std::min({space.size(), bytes.size(), piece});
    std::memcpy(space.data(), bytes.data(), size);
    bytes.remove_prefix(size);
    how = reader.got(size);
  }
  const bool surplus = how == progress::done && (reader.has_surplus() || !bytes.empty());
  if (how == progress::need_more) how = reader.ended();
  if (how == progress::need_more) return "cut";
  // What is too large in one piece may be malformed in another.
  if (how != progress::done) return "refused";
  const auto& message = reader.message();
  require(message.status() >= 100 && message.status() <= 599);
  require(message.body().size() <= limits.body_bytes);
  require(reader.fields().size() <= limits.header_count);
  std::string text = std::to_string(message.status()) + (surplus ? " and more" : "");
  text.append("\n").append(message.body());
  for (const auto& one : reader.fields()) {
    text.append("\n").append(one.name).append(": ").append(one.value);
    if (same_name(one.name, "content-encoding"))
      text += is_identity(one.value) ? " plain" : " coded";
  }
  return text + (message.keep_alive() ? "\nkept" : "\nlast");
}

/// A proxy's answer must be the same as soon as it is complete, and be refused for good.
void hear_proxy(std::string_view bytes) {
  connect_reply first;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto now = read_connect_reply(bytes.substr(0, size));
    if (first.how == progress::need_more) {
      first = now;
      continue;
    }
    require(now.how == first.how && now.status == first.status && now.size == first.size);
  }
  if (first.how != progress::done) return;
  require(first.size >= 4 && bytes.substr(first.size - 4, 4) == "\r\n\r\n");
  require(first.status == 101 || (first.status >= 200 && first.status <= 599));
}

}  // namespace

/// One byte that says how much comes at a time, then what a server or a proxy sends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto whole = hear(bytes, bytes.size() + 1);
  const auto pieces = hear(bytes, std::size_t{data[0]} + 1);
  // What can only be refused may be refused before its end has come, or not.
  const auto is_none = [](const std::string& heard) {
    return heard == "refused" || heard == "cut" || heard == "too large";
  };
  require(whole == pieces || (is_none(whole) && is_none(pieces)));
  hear_proxy(bytes.substr(0, 512));
  return 0;
}
