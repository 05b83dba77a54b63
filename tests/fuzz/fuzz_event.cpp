#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string>
#include <string_view>

#include <boost/json/parse.hpp>

#include "daemon/runtime/crypto.hpp"
#include "daemon/source/auth/jwt_check.hpp"
#include "daemon/source/event.hpp"

namespace {

namespace json = boost::json;
using namespace tokensyncd;

constexpr std::string_view key = "partner-secret-1";
constexpr wall_time now{std::chrono::seconds{1'700'000'000}};

void require(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u doesn't hold\n", where.file_name(), where.line());
  std::abort();
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Takes what stands before the next NUL.
std::string_view take(std::string_view& input) {
  const auto end = input.find('\0');
  const auto part = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  return part;
}

source::jwt_status check(std::string_view jwt) {
  static const secret current{key};
  static const std::array<const secret*, 1> keys{&current};
  return source::check_jwt(jwt, keys, "acme", now);
}

/// What is believed must be what another reader of JSON finds in the same bytes.
void signed_jwt(std::string_view header, std::string_view claims) {
  static const hmac_sha256 mac{bytes_of(key)};
  const auto text = base64url(bytes_of(header)) + "." + base64url(bytes_of(claims));
  const auto status = check(text + "." + base64url(mac.of(text)));
  require(status != source::jwt_status::bad_signature);
  if (status != source::jwt_status::good && status != source::jwt_status::expired &&
      status != source::jwt_status::not_yet_valid) {
    return;
  }
  const auto head = json::parse(header).as_object();
  require(head.at("alg").as_string() == "HS256");
  require(!head.contains("crit") && !head.contains("b64"));
  const auto said = json::parse(claims);
  require(said.at("partner_id").as_string() == "acme");
  require(said.at("exp").to_number<double>() > said.at("nbf").to_number<double>());
}

void body(std::string_view text) {
  const auto read = source::read_event(text, "acme");
  if (!read) return;
  const auto value = json::parse(text);
  const auto* const partner = value.as_object().if_contains("partner_id");
  require(partner == nullptr ? !read->is_rotation
                             : read->is_ours == (partner->as_string() == "acme"));
  if (!read->is_ours) return;
  require(read->is_rotation == (value.at("event_type").as_string() == "api_token:rotated"));
  if (read->is_rotation) {
    require(std::string_view(value.at("workspace_id").as_string()) == read->workspace);
  }
}

}  // namespace

/// A JWT as it comes, which can't be signed; then the header and the claims of one with the right
/// signature; then a body: each ends with a NUL.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto jwt = take(input);
  require(check(jwt) == source::jwt_status::not_signed ||
          check(jwt) == source::jwt_status::bad_signature ||
          check(jwt) == source::jwt_status::bad_header);
  const auto decoded = decode_base64url(jwt);
  require(!decoded || base64url(bytes_of(*decoded)) == jwt);
  const auto header = take(input);
  const auto claims = take(input);
  signed_jwt(header, claims);
  body(take(input));
  return 0;
}
