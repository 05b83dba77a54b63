#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/text/reply_bytes.hpp"

namespace {

using namespace tokensyncd::http;

constexpr message_limits limits{.header_bytes = 2048, .header_count = 16, .body_bytes = 512};

void require(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u doesn't hold\n", where.file_name(), where.line());
  std::abort();
}

/// What the server would make of a message: the request, or how it is refused.
std::string describe(const message_reader<true>& reader, progress how) {
  if (how != progress::done) return "refused " + std::to_string(refused_with(how));
  const auto checked = check_request(reader);
  if (checked.refused != 0) return "refused " + std::to_string(checked.refused);
  const auto& request = checked.request;
  require(request.path.starts_with('/') || (request.path == "*" && request.method == "OPTIONS"));
  // The host of a whole URL, which decides who may see something, is a name and a port.
  const auto target = reader.message().target();
  require(target.starts_with('/') || target == "*" ||
          request.host.find_first_of("/@?# ") == std::string_view::npos);
  require(request.body.size() <= limits.body_bytes);
  require(request.fields.size() <= limits.header_count);
  std::string text{request.method};
  for (const auto part : {request.path, request.query, request.host, request.body}) {
    text.append("\n").append(part);
  }
  for (const auto& one : request.fields) text.append("\n").append(one.name).append(one.value);
  return text + (reader.message().keep_alive() ? "\nkept" : "\nlast");
}

/// All that a connection brings, read `piece` bytes at a time.
std::vector<std::string> serve(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> all;
  message_reader<true> reader(limits);
  for (bool more = true; more;) {
    reader.start();
    progress how = reader.got(0);
    while (how == progress::need_more && !bytes.empty()) {
      const auto space = reader.space();
      if (space.empty()) how = progress::body_too_large;
      if (space.empty()) break;
      const std::size_t size = std::min({space.size(), bytes.size(), piece});
      std::memcpy(space.data(), bytes.data(), size);
      bytes.remove_prefix(size);
      how = reader.got(size);
    }
    if (how == progress::need_more) break;
    all.push_back(describe(reader, how));
    more = how == progress::done && reader.message().keep_alive();
  }
  return all;
}

}  // namespace

/// One byte that says how much comes at a time, then what a connection brings: however it is cut,
/// the same requests must come of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  auto whole = serve(bytes, bytes.size() + 1);
  auto pieces = serve(bytes, std::size_t{data[0]} + 1);
  if (whole.size() < pieces.size()) whole.swap(pieces);
  // What can only be refused may be refused before its end has come, or not.
  if (whole.size() == pieces.size() + 1 && whole.back().starts_with("refused")) whole.pop_back();
  require(whole == pieces);
  return 0;
}
