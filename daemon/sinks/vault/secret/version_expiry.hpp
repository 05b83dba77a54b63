#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/object.hpp>

#include "daemon/model/time.hpp"

namespace tokensyncd::sinks::vault {

/// For how long a version is kept before the server deletes it by itself (`delete_version_after` of
/// KV version 2): between the two times in its metadata. None where it isn't deleted.
struct kept_version {
  wall_time deleted_at;
  std::chrono::milliseconds kept_for;
};
[[nodiscard]] std::optional<kept_version> read_kept(const boost::json::object& version);

/// When secrets have to be written again, so that readers never find the newest version deleted: at
/// two thirds of the time that it is kept. Nothing is held for secrets that are kept for ever.
/// Pure: time is passed in.
class version_expiry {
 public:
  /// It was written just now: counted from then on, whatever the server's clock says.
  void written(std::string_view destination, const std::optional<kept_version>& how,
               steady_time now);

  /// It was read: counted by the time that is left.
  void seen(std::string_view destination, const std::optional<kept_version>& how, steady_time now,
            wall_time wall);

  void forget(std::string_view destination);

  [[nodiscard]] bool is_due(std::string_view destination, steady_time now) const;

  /// When to look for what is due: as soon as the first is, but not within 10 s of the last look,
  /// or within a sixth of the shortest time that any is kept where that is less.
  /// steady_time::max() where none ever is due.
  [[nodiscard]] steady_time next_look() const noexcept;

  /// What is due is looked for now, and forgotten: a look that reads it sets its time anew, and one
  /// that nobody looks at any more, as its workspace left, asks for no other look.
  void looked(steady_time now);

 private:
  void set(std::string_view destination, steady_time due, std::chrono::milliseconds kept_for);

  std::map<std::string, steady_time, std::less<>> due_;
  std::set<std::pair<steady_time, std::string_view>> first_due_;  ///< names are those of due_
  std::chrono::milliseconds shortest_{0};  ///< time that a version is kept, since there were none
  std::optional<steady_time> last_look_;
};

}  // namespace tokensyncd::sinks::vault
