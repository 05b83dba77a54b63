#pragma once

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
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// One workspace's entry to be right in its group's file, or out of it, and how that went.
struct group_request {
  std::string path;
  sync::target whom;
  secret entry{};         ///< empty: none is to be there
  bool is_known = false;  ///< this very token was recorded as written
  /// All whose entries the file may have, in the order of their ids. Null to take an entry out.
  std::shared_ptr<const std::vector<sync::sink_member>> members{};
  std::optional<sync::etag> may_replace{};  ///< a file that nobody else has recorded
  result<sync::write_result> outcome{sync::write_result::unchanged};
  /// Out: a file stands there that this program hasn't written since its start; nothing was
  /// written, and `outcome` says nothing.
  std::optional<sync::etag> stranger{};
};

/// Where an entry was looked for.
struct entry_look {
  sync::target whom;
  std::string path;
  secret entry{};  ///< out; empty: there is none
  /// Out: the entry is there, but somebody has touched the file or its permissions.
  bool is_touched = false;
};

/// Changes entries of groups' files. An entry that isn't to be changed stays as it stands in the
/// file, which is where the tokens of the others are: the daemon keeps none. A file that isn't
/// there, or has something that is nobody's entry, is written only when all entries are at hand.
/// Blocks; run() and look() may run at the same time, each by one thread.
class group_writer {
 public:
  group_writer(const config::file_sink_settings& settings, const sink_context& context,
               stale_temp_files& sweeper);

  /// Brings all requests of one file to it in one step.
  void run(std::span<group_request* const> requests);

  /// Nobody else may write the file at `path` as it is now. What was claimed beside it is free.
  /// From any thread.
  void keep_claim(const std::string& path);

  /// Reads entries, in the order of their workspaces' ids.
  void look(std::span<entry_look> entries);

 private:
  /// What is known of a file beside what it holds.
  struct memory {
    std::optional<sync::etag> written{};       ///< as it was after it was written or found right
    std::map<std::string, secret> waiting{};   ///< entries that wait for others
    std::set<std::string> came_with_others{};  ///< whose deliveries don't know that yet
  };
  /// A member's entry, before and after; empty where it has none.
  struct place {
    std::string_view workspace;
    std::string_view before;
    std::string_view after;
  };
  struct merge {
    std::vector<place> places{};              ///< in the order of ids
    std::vector<std::string_view> lacking{};  ///< who may have an entry, but has none
    bool is_ours = false;                     ///< the file has nothing but entries, in order

    [[nodiscard]] place* find(std::string_view workspace);
  };

  [[nodiscard]] memory& memory_of(const std::string& path);
  void add_entries(std::span<group_request* const> requests);
  [[nodiscard]] merge merge_entries(std::string_view text, std::span<group_request* const> requests,
                                    const memory& known) const;
  void take_out(group_request& request);
  /// Writes it, where nothing forbids that. False, and all requests have their outcome, where it
  /// failed or a stranger's file is there.
  bool write(std::span<group_request* const> requests, secret text, bool is_as_before);
  static void settle(std::span<group_request* const> requests, merge& all, memory& known);
  void look_at(const std::string& path, std::span<entry_look* const> looks);

  const config::file_sink_settings settings_;
  const content content_;
  const group_text text_;
  const sink_context context_;
  stale_temp_files& sweeper_;
  std::mutex guard_;  ///< for `memory::written`
  std::map<std::string, memory> memories_;
};

}  // namespace tokensyncd::sinks
