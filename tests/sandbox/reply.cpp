#include "tests/sandbox/reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "tests/sandbox/encoding.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view json_type = "application/json";

std::string_view reason(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Answer";
  }
}

void append_chunked(std::string& out, std::string_view body) {
  constexpr std::size_t largest = 16 * 1024;
  for (std::size_t at = 0; at < body.size(); at += largest) {
    const auto piece = body.substr(at, largest);
    std::array<char, 24> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    out.append(size.data()).append(piece).append("\r\n");
  }
  out += "0\r\n\r\n";
}

}  // namespace

wire serialize(const reply& from, bool closes) {
  if (!from.raw.empty()) return {from.raw, from.raw.size()};
  std::string out = from.interim;
  out.reserve(out.size() + 512 + from.body.size());
  out.append("HTTP/1.1 ").append(std::to_string(from.status)).append(" ");
  out.append(reason(from.status)).append("\r\n");
  if (from.date_header) {
    const auto now = unix_microseconds() / 1'000'000 + from.clock_offset_s;
    out.append("Date: ").append(http_date(now)).append("\r\n");
  }
  for (const auto& [name, value] : from.headers)
    out.append(name).append(": ").append(value).append("\r\n");
  if (from.end == framing::length)
    out.append("Content-Length: ").append(std::to_string(from.body.size())).append("\r\n");
  if (from.end == framing::chunked) out += "Transfer-Encoding: chunked\r\n";
  if (closes) out += "Connection: close\r\n";
  out += "\r\n";
  const auto body_at = out.size();
  if (from.end == framing::chunked) {
    append_chunked(out, from.body);
  } else {
    out += from.body;
  }
  return {std::move(out), body_at};
}

void set_error(reply& to, unsigned status, std::string_view shape, std::string_view code,
               std::string_view description) {
  to.status = status;
  to.headers.clear();
  to.body.clear();
  if (shape == "none") return;
  if (shape == "html") {
    set_header(to, "Content-Type", "text/html; charset=utf-8");
    to.body = "<!doctype html><html><head><title>" + std::to_string(status) +
              "</title></head><body><h1>" + std::string(reason(status)) + "</h1></body></html>\n";
    return;
  }
  json::object body;
  if (shape == "public") {
    body["status"] = "error";
    body["message"] = description.empty() ? code : description;
    if (!code.empty()) body["error_code"] = code;
  } else if (shape == "too_many") {
    body["error"] = "Too Many Requests";
    body["message"] = description.empty() ? "Rate limit exceeded" : description;
  } else {
    body["error"] = code;
    body["status"] = status;
    if (!description.empty()) body["description"] = description;
  }
  set_header(to, "Content-Type", std::string(json_type));
  to.body = json::serialize(body);
}

void set_header(reply& to, std::string_view name, std::string value) {
  const auto known = std::find_if(to.headers.begin(), to.headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  if (known != to.headers.end()) {
    known->second = std::move(value);
  } else {
    to.headers.emplace_back(name, std::move(value));
  }
}

}  // namespace tokensyncd::sandbox
