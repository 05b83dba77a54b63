#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tokensyncd::sandbox {

/// What the API knows of one workspace, and what was asked about it.
struct workspace {
  std::string id;
  std::string token;  ///< empty: none yet
  std::string previous_token;
  std::int64_t rotated_us = 0;  ///< 0: never rotated
  std::int64_t previous_rotated_us = 0;
  bool exists = true;
  bool owned = true;
  bool billing_managed = false;

  std::uint32_t gets = 0;
  std::uint32_t posts = 0;
  std::uint32_t created_by_get = 0;
  std::uint32_t in_flight = 0;  ///< of both token operations
  std::uint32_t peak_in_flight = 0;
};

/// All workspaces.
class book {
 public:
  using index = std::uint32_t;

  /// The one of that id, made where it isn't there.
  workspace& add(std::string_view id);

  /// Its place; none where it was never there.
  [[nodiscard]] std::optional<index> find(std::string_view id) const;
  [[nodiscard]] workspace& at(index place) { return all_[place]; }
  [[nodiscard]] const std::deque<workspace>& all() const { return all_; }

  /// Who has this token now; null where nobody.
  [[nodiscard]] const workspace* holder(std::string_view token) const;

  /// Gives `which` a token; the one before stops at once. `rotated_us` 0: leaves the time as it is.
  void set_token(workspace& which, std::string token, std::int64_t rotated_us);

  /// A new random one, `uuid` or `tla`.
  [[nodiscard]] std::string make_token(std::string_view format);

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using by_text = std::unordered_map<std::string, Value, hash, std::equal_to<>>;

  std::deque<workspace> all_;
  by_text<index> by_id_;
  by_text<index> by_token_;
  std::mt19937_64 rng_{std::random_device{}()};
};

}  // namespace tokensyncd::sandbox
