#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/sections/rotation_section.hpp"
#include "config/values.hpp"
#include "config/yaml/section.hpp"

namespace tokensyncd::config {

/// What a workspace's entry (or `workspace_defaults`) sets by itself; none where it leaves it.
struct entry_settings {
  std::optional<milliseconds> interval;
  std::optional<bool> required;
  std::optional<std::vector<std::string>> sinks;  ///< names, sorted
  labels own_labels;
  std::optional<rotation_entry> rotation;

  friend auto operator<=>(const entry_settings&, const entry_settings&) = default;
};

/// Where an entry begins.
struct entry_place {
  std::uint32_t file = 0;  ///< index of the file, 0 is the main one
  place at;
};

/// One workspace before the defaults and the sinks are known.
struct workspace_entry {
  std::string id;
  std::uint32_t settings = 0;  ///< index into workspace_entries::settings
  entry_place at;
};

/// The settings of many entries, each combination once.
struct shared_settings {
  entry_settings settings;
  entry_place first;        ///< the first entry that has them
  std::uint32_t count = 0;  ///< how many entries have them
};

/// Takes the entries of all files one by one, in little memory.
class workspace_entries {
 public:
  /// Reads one entry of file number `file`; reports what is wrong with it.
  void add(const node& entry, reading& from, std::uint32_t file);

  std::vector<workspace_entry> all;
  std::vector<shared_settings> settings;

 private:
  std::uint32_t intern(entry_settings&& one, const entry_place& at);

  std::map<entry_settings, std::uint32_t> known_;
};

/// Reads `workspace_defaults`, or what an entry has in common with it.
[[nodiscard]] entry_settings read_entry_settings(const section& in, reading& from,
                                                 settings_of whose);

}  // namespace tokensyncd::config
