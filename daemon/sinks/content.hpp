#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/text_template.hpp"
#include "config/values.hpp"
#include "daemon/model/revision.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// What a file holds. All formats are templates: `raw`, `json` and `env` are built in. Does not
/// change after construction: for any thread.
class content {
 public:
  /// `settings` are as the loader has checked them; throws std::invalid_argument for a template
  /// that is none.
  explicit content(const config::file_sink_settings& settings);

  /// The same for a template's text.
  explicit content(std::string_view text_template);

  /// The bytes for one revision. An unknown rotated_at is empty, in JSON null.
  [[nodiscard]] secret render(const sync::target& whom, const revision& what,
                              const secret& token) const;

  /// For each part its bytes, where they follow from the workspace's id alone, or, without one,
  /// from nothing; none where they don't.
  [[nodiscard]] std::vector<std::optional<std::string>> known_parts(
      std::optional<std::string_view> workspace) const;

  /// Whether the bytes are the token and nothing else; or the workspace's id and nothing else.
  [[nodiscard]] bool is_token() const noexcept { return is_only(config::placeholder::token); }
  [[nodiscard]] bool is_workspace() const noexcept {
    return is_only(config::placeholder::workspace);
  }

  /// Whether the bytes may change while the token doesn't.
  [[nodiscard]] bool follows_revision() const noexcept { return follows_revision_; }

  /// A hash of all that the bytes depend on apart from the revision: the template, and the labels
  /// in it. FNV-1a, 64 bits.
  [[nodiscard]] std::uint64_t shape(const sync::target& whom) const;

 private:
  [[nodiscard]] bool is_only(config::placeholder what) const noexcept {
    return parts_.size() == 1 && parts_.front().what == what &&
           parts_.front().quote == config::quoting::none;
  }

  std::vector<config::template_part> parts_;
  bool follows_revision_ = false;
  bool is_env_ = false;  ///< of the built-in format
};

/// One step of FNV-1a over the bytes of `text` and its end, from `hash` on.
[[nodiscard]] std::uint64_t hash_on(std::uint64_t hash, std::string_view text) noexcept;
inline constexpr std::uint64_t hash_start = 0xCBF2'9CE4'8422'2325;

}  // namespace tokensyncd::sinks
