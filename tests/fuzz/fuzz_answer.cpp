#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <source_location>
#include <string_view>

#include <boost/json/parse.hpp>

#include "daemon/source/answer.hpp"

namespace {

namespace json = boost::json;
using namespace tokensyncd;

constexpr unsigned statuses[] = {200, 204, 301, 400, 401, 403, 404, 429, 500, 503};

void require(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u doesn't hold\n", where.file_name(), where.line());
  std::abort();
}

/// What is believed must be what another reader of JSON finds in the same bytes.
void compare(const sync::observation& believed, std::string_view body) {
  const auto value = json::parse(body);
  const auto& object = value.as_object();
  require(object.at("workspace_id").as_string() == "acme");
  const auto& token = object.at("token").as_string();
  require(std::string_view(token) == believed.token.reveal());
  require(source::is_deliverable(believed.token.reveal()));
  const auto* rotated = object.if_contains("rotated_at");
  const bool says = rotated != nullptr && !rotated->is_null();
  require((believed.rotated_at || believed.rotated_at_unreadable) == says);
  require(!believed.rotated_at || (rotated->is_string() && !believed.rotated_at_unreadable));
}

}  // namespace

/// The first byte chooses the status; the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const body_hasher hasher;
  if (size == 0) return 0;
  source::received answer;
  answer.status = statuses[data[0] % std::size(statuses)];
  if (data[0] >= 128) answer.retry_after = "1";
  answer.body = {reinterpret_cast<const char*>(data) + 1, size - 1};
  sync::fetch_request what;
  what.workspace = "acme";

  const auto got = source::read_token_answer(answer, what, hasher);
  if (got) {
    require(answer.status / 100 == 2);
    compare(*got, answer.body);
    what.accepted = &got->body;
    require(source::read_token_answer(answer, what, hasher)->same_bytes);
  } else {
    require(!got.error().sentence.empty());
  }
  static_cast<void>(source::read_details_answer(answer, "acme"));
  return 0;
}
