#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/sinks/file/group/entry_pattern.hpp"

namespace tokensyncd::sinks {

/// The text of a file with an entry for each of several workspaces: taken apart, and put together.
/// Does not change after construction: for any thread.
class group_text {
 public:
  /// `entry`: the template of an entry. Each entry begins a line, which the loader has seen to.
  group_text(const config::file_grouping& frame, std::string_view entry);

  /// The entries of `text`, in order; none where it isn't framed, or separated, as it should be.
  /// Whether each of them is somebody's remains to be seen.
  [[nodiscard]] std::optional<std::vector<std::string_view>> split(std::string_view text) const;

  /// The text with these entries.
  [[nodiscard]] secret join(std::span<const std::string_view> entries) const;

 private:
  /// Behind the lines of an entry and its separator; npos where there are fewer.
  [[nodiscard]] std::size_t end_of_entry(std::string_view text) const;

  const config::file_grouping frame_;
  const std::size_t lines_;  ///< that an entry and a separator end
};

/// What split() has given; empty where it has given nothing.
[[nodiscard]] inline std::span<const std::string_view> entries_in(
    const std::optional<std::vector<std::string_view>>& split) noexcept {
  return split ? std::span<const std::string_view>{*split} : std::span<const std::string_view>{};
}

/// Finds entries by the patterns of workspaces: at once where both come in the same order, else by
/// how they begin.
class entry_finder {
 public:
  explicit entry_finder(std::span<const std::string_view> entries)
      : entries_(entries), is_found_(entries.size()) {}

  /// The index of the first entry that fits and wasn't found before; none where there is none.
  [[nodiscard]] std::optional<std::size_t> find(const entry_pattern& whose);

 private:
  [[nodiscard]] bool is_it(std::size_t index, const entry_pattern& whose) const;
  [[nodiscard]] std::optional<std::size_t> search(const entry_pattern& whose);

  std::span<const std::string_view> entries_;
  std::vector<bool> is_found_;
  std::size_t next_ = 0;             ///< behind the one that was found last
  std::vector<std::size_t> sorted_;  ///< indices by text; empty until they are needed
};

}  // namespace tokensyncd::sinks
