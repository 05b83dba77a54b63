#include "tests/sandbox/control_api.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/sandbox/encoding.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace json = boost::json;

/// What isn't there: 404.
struct not_there : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

json::object body_of(const request& what) {
  if (what.body.empty()) return {};
  auto value = json::parse(what.body);
  return std::move(value.as_object());
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return percent_decode(pair.substr(name.size() + 1)).value_or("");
  }
  return {};
}

std::string text_or(const json::object& from, std::string_view name, std::string fallback) {
  const auto* value = from.if_contains(name);
  return value == nullptr ? fallback : std::string(value->as_string());
}

template <class Number>
Number number_or(const json::object& from, std::string_view name, Number fallback) {
  const auto* value = from.if_contains(name);
  return value == nullptr ? fallback : value->to_number<Number>();
}

template <class Integer>
void append_little_endian(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU);
}

}  // namespace

reply control_api::answer(const request& what) {
  reply out;
  set_header(out, "Content-Type", "application/json");
  try {
    constexpr std::string_view root = "/control/";
    if (!what.path.starts_with(root)) throw not_there("everything is under /control/");
    const auto path = what.path.substr(root.size());
    if (path == "log.bin" && what.method == "GET") {
      set_header(out, "Content-Type", "application/octet-stream");
      out.body = packed_log();
    } else {
      out.body = json::serialize(dispatch(what.method, path, what)) + "\n";
    }
  } catch (const not_there& error) {
    set_error(out, 404, "partner", error.what(), {});
  } catch (const std::exception& error) {
    set_error(out, 400, "partner", error.what(), {});
  }
  return out;
}

json::value control_api::dispatch(std::string_view method, std::string_view path,
                                  const request& what) {
  auto& facts = shared_.facts;
  const auto body = body_of(what);
  if (path.starts_with("workspaces/")) return workspaces(method, path.substr(11), body);
  if (path == "faults" || path.starts_with("faults/")) return faults(method, path.substr(6), body);
  const auto is = [&](std::string_view verb, std::string_view name) {
    return method == verb && path == name;
  };
  if (is("GET", "counters")) return facts.seen.counters();
  if (is("DELETE", "log")) return facts.seen.forget(), json::object{};
  if (is("GET", "log")) return log(query_value(what.query, "workspace"));
  if (is("GET", "requests")) {
    json::array heads;
    for (const auto& head : facts.seen.heads()) heads.emplace_back(head);
    return heads;
  }
  if (is("GET", "settings")) return to_json(facts.rules);
  if (is("PATCH", "settings")) return apply(facts.rules, body), to_json(facts.rules);
  if (is("GET", "tokens")) return tokens(query_value(what.query, "prefix"));
  if (is("POST", "rotate")) return rotate_many(body);
  if (is("POST", "events")) return send_events(body);
  if (is("GET", "events")) return events_.counters();
  if (is("GET", "held")) return {{"held", shared_.held.size()}};
  if (is("POST", "release")) return {{"released", shared_.held.release()}};
  if (is("POST", "connections/close")) return {{"closed", close_idle()}};
  throw not_there("no such verb; see tokensyncd-sandbox --help");
}

json::value control_api::workspaces(std::string_view method, std::string_view rest,
                                    const json::object& body) {
  const auto slash = rest.find('/');
  const auto id = percent_decode(rest.substr(0, slash));
  const auto verb = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  if (!id || id->empty()) throw not_there("no workspace named");
  auto& book = shared_.facts.workspaces;
  if (method == "PUT" && verb.empty()) return change(book.add(*id), body);
  const auto place = book.find(*id);
  if (!place) throw not_there("no such workspace");
  auto& which = book.at(*place);
  if (method == "GET" && verb.empty()) return describe(which);
  if (method == "DELETE" && verb.empty()) return change(which, {{"exists", false}});
  if (method == "POST" && verb == "rotate") return rotate(which, body);
  throw not_there("no such verb for a workspace");
}

json::value control_api::faults(std::string_view method, std::string_view rest,
                                const json::object& body) {
  auto& list = shared_.facts.faults;
  if (rest.empty()) {
    if (method == "GET") return list.to_json();
    if (method == "POST") return {{"id", list.add(parse_fault(body))}};
    if (method == "DELETE") return list.clear(), json::object{};
  } else if (method == "DELETE") {
    std::uint64_t id = 0;
    std::from_chars(rest.data() + 1, rest.data() + rest.size(), id);
    if (!list.remove(id)) throw not_there("no such fault");
    return json::object{};
  }
  throw not_there("no such verb for faults");
}

json::object control_api::change(workspace& which, const json::object& body) {
  for (const auto& [name, value] : body) {
    if (name == "exists")
      which.exists = value.as_bool();
    else if (name == "owned")
      which.owned = value.as_bool();
    else if (name == "billing_managed")
      which.billing_managed = value.as_bool();
    else if (name == "token")
      shared_.facts.workspaces.set_token(which, std::string(value.as_string()), 0);
    else if (name == "rotated_at_us")
      which.rotated_us = value.to_number<std::int64_t>();
    else
      throw std::invalid_argument("a workspace has no '" + std::string(name) + "'");
  }
  return describe(which);
}

json::object control_api::rotate(workspace& which, const json::object& body) {
  auto& book = shared_.facts.workspaces;
  const auto now = unix_microseconds() + shared_.facts.rules.clock_offset_s * 1'000'000;
  auto token = text_or(body, "token", book.make_token(shared_.facts.rules.token_format));
  book.set_token(which, std::move(token), number_or<std::int64_t>(body, "rotated_at_us", now));
  return describe(which);
}

json::object control_api::send_events(const json::object& body) {
  const auto& rules = shared_.facts.rules;
  const auto id = text_or(body, "workspace", "");
  const auto now = unix_microseconds();
  const auto date = format_date(now, rules.date_format);
  const auto claims =
      json::serialize(json::object{{"partner_id", text_or(body, "claim", rules.partner_id)},
                                   {"nbf", now / 1'000'000 + number_or(body, "nbf_s", -180)},
                                   {"exp", now / 1'000'000 + number_or(body, "exp_s", 180)}});
  const json::object whole{{"workspace_id", id},
                           {"event_type", text_or(body, "event_type", "api_token:rotated")},
                           {"partner_id", rules.partner_id},
                           {"triggered_at", date},
                           {"rotated_at", date}};
  event_order order;
  order.port = number_or<unsigned short>(body, "port", 0);
  order.path = text_or(body, "path", order.path);
  order.partner_id = text_or(body, "partner_header", rules.partner_id);
  order.signature =
      text_or(body, "signature",
              sign_event(text_or(body, "jwt_header", R"({"alg":"HS256","typ":"JWT"})"), claims,
                         text_or(body, "secret", rules.partner_secret)));
  order.body = text_or(body, "body", json::serialize(whole));
  order.copies = number_or<std::uint64_t>(body, "copies", 1);
  order.delay = std::chrono::milliseconds(number_or(body, "delay_ms", 0));
  const auto when = text_or(body, "rotate", "never");
  if (when == "before") rotate(shared_.facts.workspaces.add(id), {});
  if (when == "after")
    order.afterwards = [this, id] { rotate(shared_.facts.workspaces.add(id), {}); };
  events_.send(std::move(order));
  return events_.counters();
}

json::value control_api::rotate_many(const json::object& body) {
  const auto prefix = text_or(body, "prefix", "");
  const auto limit = number_or<std::uint64_t>(body, "limit", UINT64_MAX);
  std::vector<std::string> ids;
  for (const auto& which : shared_.facts.workspaces.all())
    if (ids.size() < limit && which.id.starts_with(prefix)) ids.push_back(which.id);
  for (const auto& id : ids) rotate(shared_.facts.workspaces.add(id), {});
  return {{"rotated", ids.size()}};
}

json::object control_api::describe(const workspace& which) const {
  json::object out{{"workspace_id", which.id},
                   {"exists", which.exists},
                   {"owned", which.owned},
                   {"billing_managed", which.billing_managed},
                   {"token", which.token},
                   {"previous_token", which.previous_token},
                   {"gets", which.gets},
                   {"posts", which.posts},
                   {"created_by_get", which.created_by_get},
                   {"in_flight", which.in_flight},
                   {"peak_in_flight", which.peak_in_flight}};
  out["rotated_at"] = nullptr;
  if (which.rotated_us != 0)
    out["rotated_at"] = format_date(which.rotated_us, shared_.facts.rules.date_format);
  return out;
}

json::object control_api::tokens(std::string_view prefix) const {
  json::object out;
  for (const auto& which : shared_.facts.workspaces.all())
    if (which.id.starts_with(prefix)) out[which.id] = which.token;
  return out;
}

json::array control_api::log(std::string_view workspace) const {
  json::array out;
  const auto& book = shared_.facts.workspaces;
  const auto only = book.find(workspace);
  if (!workspace.empty() && !only) throw not_there("no such workspace");
  for (const auto& line : shared_.facts.seen.log()) {
    if (only && line.place != *only) continue;
    const std::string_view id =
        line.place == entry::none ? std::string_view{} : book.all()[line.place].id;
    out.push_back({{"at_ns", line.at_ns},
                   {"workspace", id},
                   {"method", std::string_view(&line.method, 1)},
                   {"endpoint", to_string(line.what)},
                   {"status", line.status}});
  }
  return out;
}

std::string control_api::packed_log() const {
  std::string out;
  const auto& log = shared_.facts.seen.log();
  out.reserve(log.size() * 16);
  for (const auto& line : log) {
    append_little_endian(out, line.at_ns);
    append_little_endian(out, line.place);
    append_little_endian(out, line.status);
    out += static_cast<char>(line.what);
    out += line.method;
  }
  return out;
}

std::size_t control_api::close_idle() {
  const auto closed = shared_.idle.size();
  for (auto* socket : shared_.idle) {
    boost::system::error_code ignored;
    socket->shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
  }
  return closed;
}

}  // namespace tokensyncd::sandbox
