#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "daemon/source/json_members.hpp"

namespace tokensyncd::source {

/// The members of an answer of the API that we know. One thread at a time.
class answer_members : public json_members {
 public:
  enum name : std::size_t { workspace_id, token, rotated_at, error, error_code, status };

  answer_members() : json_members(known) {}

 private:
  static constexpr std::array<std::string_view, 6> known{"workspace_id", "token",      "rotated_at",
                                                         "error",        "error_code", "status"};
};

}  // namespace tokensyncd::source
