#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <type_traits>

#include <boost/json.hpp>

#include "daemon/model/failure.hpp"

namespace tokensyncd::control {

/// What `read` makes of the JSON object `text`. Fails with `malformed` and `sentence` where that
/// isn't one, or `read` throws because a member is missing or of another type. For any thread.
template <class Read>
auto read_answer(std::string_view text, const char* sentence, const Read& read)
    -> result<std::invoke_result_t<Read, const boost::json::object&>> {
  try {
    const auto whole = boost::json::parse({text.data(), text.size()});
    return read(whole.as_object());
  } catch (const std::exception&) {
    return failure{failure_kind::malformed, sentence};
  }
}

/// A member that is text; throws where there is none.
inline std::string text_in(const boost::json::object& from, std::string_view name) {
  return std::string{from.at(name).as_string()};
}

/// A member of the answer `text` that may be text; empty where it isn't, or `text` is no object.
/// For any thread.
inline std::string optional_text_in(std::string_view text, std::string_view name) {
  boost::system::error_code error;
  const auto read = boost::json::parse({text.data(), text.size()}, error);
  const auto* const whole = error ? nullptr : read.if_object();
  const auto* const member = whole == nullptr ? nullptr : whole->if_contains(name);
  const auto* const found = member == nullptr ? nullptr : member->if_string();
  return found == nullptr ? std::string{} : std::string{*found};
}

}  // namespace tokensyncd::control
