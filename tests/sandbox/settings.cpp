#include "tests/sandbox/settings.hpp"

#include <algorithm>
#include <initializer_list>
#include <stdexcept>

#include <boost/json/value_to.hpp>

namespace tokensyncd::sandbox {
namespace {

namespace json = boost::json;

std::string one_of(const json::value& value, std::string_view name,
                   std::initializer_list<std::string_view> choices) {
  const std::string_view text = value.as_string();
  if (std::find(choices.begin(), choices.end(), text) == choices.end())
    throw std::invalid_argument("'" + std::string(name) + "' can't be '" + std::string(text) + "'");
  return std::string(text);
}

std::string text_of(const json::value& value) {
  return std::string(value.as_string());
}

void set_statuses(settings& target, const json::value& value) {
  // Of any code: how the vendor spells some of them isn't known.
  for (const auto& [code, status] : value.as_object())
    target.statuses[std::string(code)] = status.to_number<unsigned>();
}

bool set_text(settings& to, std::string_view name, const json::value& value) {
  if (name == "partner_id")
    to.partner_id = text_of(value);
  else if (name == "partner_secret")
    to.partner_secret = text_of(value);
  else if (name == "previous_partner_secret")
    to.previous_partner_secret = text_of(value);
  else if (name == "partner_state")
    to.partner_state = one_of(value, name, {"active", "not_active", "not_found"});
  else if (name == "rotated_at_on_get")
    to.rotated_at_on_get = one_of(value, name, {"absent", "null", "last"});
  else if (name == "date_format")
    to.date_format = one_of(value, name, {"seconds", "fraction", "offset", "offset_fraction"});
  else if (name == "token_format")
    to.token_format = one_of(value, name, {"uuid", "tla"});
  else if (name == "api_version")
    to.api_version = text_of(value);
  else if (name == "error_body")
    to.error_body = one_of(value, name, {"partner", "public", "too_many", "html", "none"});
  else if (name == "early_error")
    to.early_error = text_of(value);
  else if (name == "refuse_with")
    to.refuse_with = text_of(value);
  else if (name == "rate_retry_after")
    to.rate_retry_after = text_of(value);
  else if (name == "host")
    to.host = text_of(value);
  else
    return false;
  return true;
}

bool set_number(settings& to, std::string_view name, const json::value& value) {
  if (name == "clock_offset_s")
    to.clock_offset_s = value.to_number<std::int64_t>();
  else if (name == "date_header")
    to.date_header = value.as_bool();
  else if (name == "tolerance_s")
    to.tolerance_s = value.to_number<std::int64_t>();
  else if (name == "max_window_s")
    to.max_window_s = value.to_number<std::int64_t>();
  else if (name == "rate_per_second")
    to.rate_per_second = value.to_number<double>();
  else if (name == "rate_burst")
    to.rate_burst = value.to_number<double>();
  else if (name == "requests_per_connection")
    to.requests_per_connection = value.to_number<std::uint64_t>();
  else if (name == "any_workspace")
    to.any_workspace = value.as_bool();
  else if (name == "statuses")
    set_statuses(to, value);
  else
    return false;
  return true;
}

}  // namespace

void apply(settings& target, const json::object& changes) {
  settings changed = target;
  for (const auto& [name, value] : changes) {
    if (!set_text(changed, name, value) && !set_number(changed, name, value))
      throw std::invalid_argument("no setting '" + std::string(name) + "'");
  }
  target = std::move(changed);
}

json::object to_json(const settings& from) {
  json::object statuses;
  for (const auto& [code, status] : from.statuses) statuses[code] = status;
  return {{"partner_id", from.partner_id},
          {"partner_state", from.partner_state},
          {"rotated_at_on_get", from.rotated_at_on_get},
          {"date_format", from.date_format},
          {"token_format", from.token_format},
          {"api_version", from.api_version},
          {"error_body", from.error_body},
          {"statuses", std::move(statuses)},
          {"clock_offset_s", from.clock_offset_s},
          {"date_header", from.date_header},
          {"tolerance_s", from.tolerance_s},
          {"max_window_s", from.max_window_s},
          {"early_error", from.early_error},
          {"refuse_with", from.refuse_with},
          {"rate_per_second", from.rate_per_second},
          {"rate_burst", from.rate_burst},
          {"rate_retry_after", from.rate_retry_after},
          {"requests_per_connection", from.requests_per_connection},
          {"host", from.host},
          {"any_workspace", from.any_workspace}};
}

}  // namespace tokensyncd::sandbox
