#include <stdexcept>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/sandbox/fault.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace json = boost::json;

void replace_token(std::string& body, const json::value& token) {
  boost::system::error_code error;
  auto value = json::parse(body, error);
  if (error || !value.is_object()) return;
  value.as_object()["token"] = token;
  body = json::serialize(value);
}

/// A second `name` before the closing brace.
void repeat_key(std::string& body, std::string_view name, std::string_view value) {
  if (!body.ends_with('}')) return;
  body.pop_back();
  body.append(",\"").append(name).append("\":\"").append(value).append("\"}");
}

/// Ways in which the bytes of a good answer become a bad one. False for a name that isn't one.
bool break_bytes(reply& answer, std::string_view how) {
  auto& body = answer.body;
  if (how == "not_json")
    body = "OK, here you are";
  else if (how == "empty")
    body.clear();
  else if (how == "array")
    body = "[" + body + "]";
  else if (how == "truncated")
    body.resize(body.size() / 2);
  else if (how == "duplicate_token")
    repeat_key(body, "token", "tla_duplicate");
  else if (how == "duplicate_workspace")
    repeat_key(body, "workspace_id", "duplicate");
  else if (how == "trailing")
    body += "{}";
  else if (how == "byte_order_mark")
    body.insert(0, "\xEF\xBB\xBF");
  else if (how == "invalid_utf8") {
    if (body.ends_with('}')) body.insert(body.size() - 1, ",\"note\":\"\xC3\x28\"");
  } else if (how == "gzip")
    set_header(answer, "Content-Encoding", "gzip");
  else if (how == "wrong_content_type")
    set_header(answer, "Content-Type", "text/html");
  else
    return false;
  return true;
}

/// Tokens that aren't one. False for a name that isn't known.
bool break_token(reply& answer, std::string_view how) {
  auto& body = answer.body;
  if (how == "empty_token")
    replace_token(body, "");
  else if (how == "blank_token")
    replace_token(body, " \u00A0 ");
  else if (how == "control_token")
    replace_token(body, "tla_1\r\nX-Evil: 1");
  else if (how == "c1_control_token")
    replace_token(body, "tla_1\u0085");
  else if (how == "nul_token")
    replace_token(body, json::string("tla_1\0rest", 10));
  else if (how == "long_token")
    replace_token(body, json::string(5000, 'a'));
  else if (how == "number_token")
    replace_token(body, 12345);
  else if (how == "null_token")
    replace_token(body, nullptr);
  else if (how == "object_token")
    replace_token(body, json::object{{"value", "tla_1"}});
  else
    return false;
  return true;
}

void change_fields(reply& answer, const fault& by) {
  boost::system::error_code error;
  auto value = json::parse(answer.body, error);
  if (error || !value.is_object()) return;
  for (const auto& name : by.omit) value.as_object().erase(name);
  for (const auto& [name, field] : by.fields) value.as_object()[name] = field;
  answer.body = json::serialize(value);
}

void change_headers(reply& answer, const fault& by) {
  for (const auto& [name, value] : by.headers) set_header(answer, name, value);
  if (by.huge_header > 0) set_header(answer, "X-Huge", std::string(by.huge_header, 'h'));
  for (std::uint64_t i = 0; i < by.header_count; ++i)
    answer.headers.emplace_back("X-Many-" + std::to_string(i), "1");
  for (std::uint64_t i = 0; i < by.early_hints; ++i)
    answer.interim += "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
}

}  // namespace

void spoil(reply& answer, const fault& by) {
  if (by.status) {
    if (*by.status < 300 && by.performs.value_or(false)) {
      answer.status = *by.status;
    } else {
      set_error(answer, *by.status, by.shape, by.error, by.description);
    }
  }
  if (by.body) {
    answer.body = *by.body;
    if (answer.headers.empty()) set_header(answer, "Content-Type", "application/json");
  }
  if (!by.fields.empty() || !by.omit.empty()) change_fields(answer, by);
  if (!by.malformed.empty() && !break_bytes(answer, by.malformed) &&
      !break_token(answer, by.malformed)) {
    throw std::invalid_argument("'malformed' can't be '" + by.malformed + "'");
  }
  answer.body.append(by.huge_body, ' ');
  change_headers(answer, by);
  answer.raw = by.raw;
  answer.clock_offset_s += by.clock_offset_s;
  answer.end = by.end;
  answer.hold = by.hold;
  answer.delay_ms = by.delay_ms;
  answer.drip_us = by.drip_us;
  answer.cut_at = by.cut_at;
  answer.close = by.end == framing::until_close && by.close == closing::as_asked
                     ? closing::announced
                     : by.close;
}

}  // namespace tokensyncd::sandbox
