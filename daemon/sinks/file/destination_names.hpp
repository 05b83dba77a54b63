#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/text_template.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/sync/ports/sink.hpp"

/// What both kinds of file sink say of their destinations.
namespace tokensyncd::sinks {

/// How destination() begins: of a file, and of an entry in one.
inline constexpr std::string_view file_prefix = "file:";
inline constexpr std::string_view entry_prefix = "file-entry:";

/// Names the entry of `workspace` in the file at `path`.
[[nodiscard]] std::string entry_destination(std::string_view path, std::string_view workspace);

struct entry_place {
  std::string path;
  std::string workspace;
};

/// What entry_destination() was called with. Throws nothing: what isn't such a name is all path.
[[nodiscard]] entry_place parse_entry_destination(std::string_view destination);

/// The path in the name of either kind.
[[nodiscard]] std::string path_of_destination(std::string_view destination);

/// The parts of a path's template; throws std::invalid_argument for what is none.
[[nodiscard]] std::vector<config::template_part> parse_path(const std::string& text);

/// Which other entry of the configuration has recorded the file that was found, for a sentence;
/// empty where none has. For the loop's thread.
[[nodiscard]] std::string owner_of(const sync::etag& found, const sync::delivery_request& what);

/// A file may change between two passes, but not for ever.
inline constexpr int most_passes = 4;

/// It has done so.
[[nodiscard]] failure keeps_changing_failure(const std::string& path);

}  // namespace tokensyncd::sinks
