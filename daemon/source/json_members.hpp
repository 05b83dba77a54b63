#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace tokensyncd::source {

/// What stands under one name of a JSON object.
struct member {
  enum class type : std::uint8_t { absent, null, text, integer, real, other };
  type is = type::absent;
  std::string_view text;  ///< unescaped, for `text` alone
  double number = 0;      ///< for `integer`, and for `real`: one with a fraction or an exponent
};

/// The members of a JSON object that are known, read in one pass without a tree. Strings live in
/// memory of its own that is wiped with it. One thread at a time.
class json_members {
 public:
  static constexpr std::size_t max_depth = 16;
  static constexpr std::size_t max_keys = 256;  ///< of one object and those around it

  /// `known`: the names to read; must outlive this.
  explicit json_members(std::span<const std::string_view> known);
  json_members(const json_members&) = delete;
  json_members& operator=(const json_members&) = delete;
  ~json_members();

  /// Reads `body`, once. False unless it is one JSON object (RFC 8259) in UTF-8, with white space
  /// alone around it, without a byte order mark, no key twice in any object, and within the limits
  /// above.
  [[nodiscard]] bool read(std::string_view body);

  /// What stands under the name with this place among the known ones.
  [[nodiscard]] const member& operator[](std::size_t which) const noexcept {
    return members_[which];
  }

 private:
  std::span<const std::string_view> names_;
  std::vector<member> members_;
  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
};

}  // namespace tokensyncd::source
