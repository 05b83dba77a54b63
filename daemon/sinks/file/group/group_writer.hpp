#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/sinks/content.hpp"
#include "daemon/sinks/file/commit/file_commit.hpp"
#include "daemon/sinks/file/group/group_text.hpp"
#include "daemon/sinks/file/group/whole_file.hpp"
#include "daemon/sinks/file/place_guard.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// Whose entries a file may have.
struct group_member {
  std::string workspace;
  bool may_come = false;    ///< see sync::sink_member
  bool is_failing = false;  ///< the same
};
using group_members = std::vector<group_member>;

/// One workspace's entry to be right in its group's file, or out of it, and how that went.
struct group_request {
  std::string path;
  std::string workspace;
  secret entry{};                                  ///< empty: it is to be taken out
  bool same_token = false;                         ///< this very token was recorded as written
  std::shared_ptr<const group_members> members{};  ///< in the order of their ids; never null to add
  /// A file that nobody else has recorded; of an entry to be taken out, the file that it was in.
  std::optional<sync::etag> may_replace{};
  result<sync::write_result> outcome{sync::write_result::unchanged};
  /// Out: a file stands there that this program hasn't written since its start; nothing was
  /// written, and `outcome` says nothing.
  std::optional<sync::etag> stranger{};
  sync::etag file{};                 ///< out: of the file that has the entry
  bool is_uncertain = false;         ///< out: it failed, but the entry may be there
  std::vector<std::string> along{};  ///< out: see sync::delivered::along
};

/// Where an entry was looked for.
struct entry_look {
  std::string path;
  std::string workspace;
  std::uint32_t file = 0;   ///< hash_of() the file as it was when the entry was recorded
  secret entry{};           ///< out; empty: there is none
  bool is_foreign = false;  ///< out: a file is there that has other entries than a group's
  bool is_touched = false;  ///< out: of a file that somebody has touched; for one of its entries
  bool is_moving = false;   ///< out: it was written meanwhile, so that nothing can be said
};

/// In an etag of the whole file the entries don't count: they are compared themselves.
inline constexpr std::uint64_t no_shape = 0;

/// The file that an etag is of.
[[nodiscard]] inline file_id id_in(const sync::etag& file) noexcept {
  return {file.words[0], file.words[1]};
}

/// Of a whole file's etag, in 32 bits.
[[nodiscard]] std::uint32_t hash_of(const sync::etag& file) noexcept;

/// Changes entries of groups' files. An entry that isn't to be changed stays as it stands in the
/// file, which is where the tokens of the others are. A file that isn't there, or has no entry of
/// the group, is written only when all entries are at hand. Blocks; run() and look() may run at the
/// same time, each by one thread.
class group_writer {
 public:
  group_writer(const config::file_sink_settings& settings, const sink_context& context,
               stale_temp_files& sweeper);
  group_writer(const group_writer&) = delete;
  group_writer& operator=(const group_writer&) = delete;
  ~group_writer();

  /// Brings all entries that are to be in one file to it in one step; each that is to be out of it
  /// in one of its own.
  void run(std::span<group_request* const> requests);

  /// Reads entries, in the order of their workspaces' ids.
  void look(std::span<entry_look> entries);

  /// Nobody else may write the file at `path` as this has written it; what was claimed beside that,
  /// as the place of a stranger, is free. From any thread.
  void claim_again(const std::string& path);

 private:
  /// What is known of a file beside what it holds.
  struct file_state {
    std::optional<sync::etag> written{};       ///< as it was after it was written or found right
    std::map<std::string, secret> waiting{};   ///< entries that wait for others
    std::set<std::string> came_with_others{};  ///< whose deliveries don't know that yet
    std::uint64_t steps = 0;        ///< a write begins with an odd one, and ends with the next
    std::string looked_at_first{};  ///< where a round of looks began while `written` was none
  };
  /// A member's entry, before and after; empty where it has none.
  struct member_entry {
    std::string_view workspace;
    std::string_view before;
    std::string_view after;
  };
  struct merge {
    std::vector<member_entry> entries{};      ///< in the order of ids
    std::vector<std::string_view> lacking{};  ///< who may have an entry, but has none
    bool is_ours = false;                     ///< the file has the entry of a member

    /// The index of a member; none where it isn't one.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view workspace) const;
  };

  [[nodiscard]] file_state& state_of(const std::string& path);
  [[nodiscard]] std::optional<sync::etag> written_as(const std::string& path);
  [[nodiscard]] std::uint64_t steps_of(const std::string& path);
  void next_step(const std::string& path);
  template <class Work>
  void as_one_write(const std::string& path, Work work);
  void set_written(const std::string& path, std::optional<sync::etag> as);
  void add_entries(std::span<group_request* const> requests);
  [[nodiscard]] merge merge_entries(std::string_view text, bool is_missing,
                                    std::span<group_request* const> requests,
                                    const file_state& known) const;
  void wait_for_others(std::span<group_request* const> requests, const merge& all,
                       file_state& known);
  void take_out(group_request& request);
  /// Brings `text` to the file of `requests`. Whether that had to be written; none where it failed
  /// or a stranger's file is there, which each request says then.
  std::optional<bool> commit(std::span<group_request* const> requests, secret text,
                             bool is_as_before);
  void settle(std::span<group_request* const> requests, const merge& all, file_state& known,
              bool was_written);
  [[nodiscard]] bool is_of_a_group(std::span<const std::string_view> entries) const;
  [[nodiscard]] static bool is_touched(file_state& known, const sync::etag& now,
                                       std::span<entry_look* const> looks);
  void look_into(const std::string& path, std::span<entry_look* const> looks);

  const config::file_sink_settings settings_;
  const content content_;
  const group_text text_;
  const sink_context context_;
  stale_temp_files& sweeper_;
  std::mutex guard_;  ///< for `states_`; of each, `waiting` is run()'s alone
  std::map<std::string, file_state> states_;
};

}  // namespace tokensyncd::sinks
