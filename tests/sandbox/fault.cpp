#include "tests/sandbox/fault.hpp"

#include <array>
#include <stdexcept>

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>

#include "tests/sandbox/encoding.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace json = boost::json;

template <class Value>
using choices = std::initializer_list<std::pair<std::string_view, Value>>;

template <class Value>
Value choose(const json::value& value, std::string_view name, choices<Value> from) {
  const std::string_view text = value.as_string();
  for (const auto& [word, meaning] : from)
    if (word == text) return meaning;
  throw std::invalid_argument("'" + std::string(name) + "' can't be '" + std::string(text) + "'");
}

std::string text_of(const json::value& value) {
  return std::string(value.as_string());
}

std::string bytes_of(const json::value& value) {
  auto bytes = base64_decode(std::string_view(value.as_string()));
  if (!bytes) throw std::invalid_argument("not base64");
  return std::move(*bytes);
}

bool read_target(fault& to, std::string_view name, const json::value& value) {
  if (name == "workspace")
    to.workspace = text_of(value);
  else if (name == "prefix")
    to.prefix = text_of(value);
  else if (name == "method")
    to.method = text_of(value);
  else if (name == "endpoint")
    to.endpoint = choose<std::string>(
        value, name,
        {{"token", "token"}, {"details", "details"}, {"public", "public"}, {"any", "any"}});
  else if (name == "skip")
    to.skip = value.to_number<std::uint64_t>();
  else if (name == "times")
    to.times = value.to_number<std::uint64_t>();
  else if (name == "performs")
    to.performs = value.as_bool();
  else
    return false;
  return true;
}

bool read_content(fault& to, std::string_view name, const json::value& value) {
  if (name == "status")
    to.status = value.to_number<unsigned>();
  else if (name == "shape")
    to.shape = choose<std::string>(value, name,
                                   {{"partner", "partner"},
                                    {"public", "public"},
                                    {"too_many", "too_many"},
                                    {"html", "html"},
                                    {"none", "none"}});
  else if (name == "error")
    to.error = text_of(value);
  else if (name == "description")
    to.description = text_of(value);
  else if (name == "headers") {
    for (const auto& [key, text] : value.as_object()) to.headers.emplace_back(key, text_of(text));
  } else if (name == "body")
    to.body = text_of(value);
  else if (name == "body_base64")
    to.body = bytes_of(value);
  else if (name == "raw_base64")
    to.raw = bytes_of(value);
  else if (name == "fields")
    to.fields = value.as_object();
  else if (name == "omit")
    to.omit = json::value_to<std::vector<std::string>>(value);
  else if (name == "malformed")
    to.malformed = text_of(value);
  else if (name == "huge_body")
    to.huge_body = value.to_number<std::uint64_t>();
  else if (name == "huge_header")
    to.huge_header = value.to_number<std::uint64_t>();
  else if (name == "header_count")
    to.header_count = value.to_number<std::uint64_t>();
  else if (name == "early_hints")
    to.early_hints = value.to_number<std::uint64_t>();
  else if (name == "stale")
    to.stale = value.as_bool();
  else if (name == "clock_offset_s")
    to.clock_offset_s = value.to_number<std::int64_t>();
  else
    return false;
  return true;
}

bool read_sending(fault& to, std::string_view name, const json::value& value) {
  if (name == "framing")
    to.end = choose<framing>(value, name,
                             {{"length", framing::length},
                              {"chunked", framing::chunked},
                              {"until_close", framing::until_close},
                              {"none", framing::none}});
  else if (name == "hold")
    to.hold =
        choose<holding>(value, name, {{"answer", holding::answer}, {"request", holding::request}});
  else if (name == "delay_ms")
    to.delay_ms = value.to_number<std::int64_t>();
  else if (name == "drip_us")
    to.drip_us = value.to_number<std::int64_t>();
  else if (name == "cut")
    to.cut_at = choose<cut>(value, name,
                            {{"before", cut::before},
                             {"header", cut::header},
                             {"body", cut::body},
                             {"reset", cut::reset},
                             {"no_close_notify", cut::no_close_notify}});
  else if (name == "close")
    to.close = choose<closing>(value, name,
                               {{"announced", closing::announced}, {"silent", closing::silent}});
  else
    return false;
  return true;
}

}  // namespace

bool fault::is_performed() const {
  return performs.value_or(!status && !body && raw.empty());
}

fault parse_fault(const json::object& from) {
  fault out;
  for (const auto& [name, value] : from) {
    if (!read_target(out, name, value) && !read_content(out, name, value) &&
        !read_sending(out, name, value)) {
      throw std::invalid_argument("a fault has no '" + std::string(name) + "'");
    }
  }
  reply trial;
  spoil(trial, out);  // says now whether `malformed` is known
  return out;
}

std::uint64_t fault_list::add(fault what) {
  what.id = ++last_id_;
  all_.emplace(last_id_, std::move(what));
  return last_id_;
}

bool fault_list::remove(std::uint64_t id) {
  return all_.erase(id) > 0;
}

std::optional<fault> fault_list::meet(std::string_view workspace, std::string_view method,
                                      std::string_view endpoint) {
  for (auto& [id, what] : all_) {
    if (what.workspace && *what.workspace != workspace) continue;
    if (what.prefix && !workspace.starts_with(*what.prefix)) continue;
    if (!what.method.empty() && what.method != method) continue;
    if (what.endpoint != "any" && what.endpoint != endpoint) continue;
    if (what.times && what.hits >= what.skip + *what.times) continue;
    if (++what.hits > what.skip) return what;
  }
  return std::nullopt;
}

json::array fault_list::to_json() const {
  json::array out;
  for (const auto& [id, what] : all_) out.push_back({{"id", id}, {"hits", what.hits}});
  return out;
}

}  // namespace tokensyncd::sandbox
