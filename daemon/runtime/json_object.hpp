#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/time.hpp"
#include "daemon/runtime/text.hpp"

namespace tokensyncd {

/// Writes one JSON object, member by member, at the end of a text that must outlive it: for output
/// of which there is too much for a tree. Valid UTF-8 whatever the values are. One thread at a
/// time.
class json_object {
 public:
  explicit json_object(std::string& out) : out_(out) { out_ += '{'; }

  /// Begins a member; its value is for the caller to append.
  std::string& member(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    out_ += ':';
    return out_;
  }

  json_object& text(std::string_view name, std::string_view value) {
    append_json_string(member(name), value);
    return *this;
  }
  /// Null where `value` is empty.
  json_object& text_or_null(std::string_view name, std::string_view value) {
    return value.empty() ? null(name) : text(name, value);
  }
  template <std::integral Number>
  json_object& number(std::string_view name, Number value) {
    member(name) += std::to_string(value);
    return *this;
  }
  json_object& boolean(std::string_view name, bool value) {
    member(name) += value ? "true" : "false";
    return *this;
  }
  json_object& null(std::string_view name) {
    member(name) += "null";
    return *this;
  }
  /// RFC 3339, or null.
  json_object& time(std::string_view name, std::optional<wall_time> value) {
    return value ? text(name, format_rfc3339(*value)) : null(name);
  }

  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace tokensyncd
