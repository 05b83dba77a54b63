#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "daemon/model/time.hpp"

namespace tokensyncd::sinks::vault {

/// How many paths `sys/capabilities-self` is asked about at once.
inline constexpr std::size_t paths_a_question = 100;

/// The body of a question to `sys/capabilities-self`.
[[nodiscard]] std::string rights_question(std::span<const std::string> paths);

/// Which of the needed rights its answer doesn't give on `path`; empty where it gives all.
[[nodiscard]] std::string missing_rights(const boost::json::object& answer, std::string_view path,
                                         std::span<const std::string_view> needed);

/// What was forbidden (403) lately, and when to find out whether it still is: 5 s after the first,
/// then 15 s, then each 60 s. Calls that are granted end it. Pure: time is passed in.
class missing_rights_watch {
 public:
  enum class action : std::uint8_t { read, write };

  /// What was forbidden longer ago is no longer wanted, because its workspace left: deliveries and
  /// looks that fail come again within an hour.
  static constexpr std::chrono::hours wanted_within{2};

  void forbidden(std::string_view path, action what, steady_time now);
  void granted(std::string_view path);

  /// When to ask next; steady_time::max() where nothing is forbidden.
  [[nodiscard]] steady_time next() const noexcept { return next_; }

  /// Whether it is worth while to log in anew before asking, as a role's policies count from the
  /// next login on: not at the first time.
  [[nodiscard]] bool may_need_a_login() const noexcept { return asked_ != 0; }

  /// The paths to ask about.
  [[nodiscard]] std::vector<std::string> paths() const;

  /// Takes an answer of `sys/capabilities-self`, or that there is none (null), and sets the next
  /// time: whether a right came back, or may have, so that the calls are worth while again.
  bool answered(const boost::json::object* answer, steady_time now);

 private:
  struct entry {
    action what = action::read;
    steady_time last{};     ///< when it was forbidden last
    std::string missing;    ///< at the last answer
    bool is_known = false;  ///< whether there was one
  };
  void end_if_empty() noexcept;
  [[nodiscard]] steady_time later(steady_time now) const noexcept;

  std::map<std::string, entry, std::less<>> forbidden_;  ///< paths_a_question at most
  unsigned asked_ = 0;
  steady_time next_ = steady_time::max();
};

}  // namespace tokensyncd::sinks::vault
