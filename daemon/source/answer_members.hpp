#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tokensyncd::source {

/// What stands under one name of a JSON object.
struct member {
  enum class type : std::uint8_t { absent, null, text, integer, other };
  type is = type::absent;
  std::string_view text;  ///< unescaped, for `text` alone
};

/// The members of an answer that we know, read in one pass without a tree. Strings live in memory
/// of its own that is wiped with it.
class answer_members {
 public:
  enum name : std::size_t { workspace_id, token, rotated_at, error, error_code, status, names };
  static constexpr std::size_t max_depth = 16;
  static constexpr std::size_t max_keys = 256;  ///< of one object and those around it

  answer_members() = default;
  answer_members(const answer_members&) = delete;
  answer_members& operator=(const answer_members&) = delete;
  ~answer_members();

  /// Reads `body`, once. False unless it is one JSON object (RFC 8259) in UTF-8, with white space
  /// alone around it, without a byte order mark, no key twice in any object, and within the limits
  /// above.
  [[nodiscard]] bool read(std::string_view body);

  [[nodiscard]] const member& operator[](name which) const noexcept { return members_[which]; }

 private:
  std::array<member, names> members_;
  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
};

}  // namespace tokensyncd::source
