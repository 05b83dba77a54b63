#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/store/open.hpp"
#include "tests/support/run_task.hpp"

namespace tokensyncd::store::tests {

using namespace tokensyncd::tests;

inline constexpr wall_time now{std::chrono::seconds{1'795'473'785}};  // 2026-11-23T22:43:05Z

inline fingerprint print_of(std::uint8_t seed) {
  fingerprint print;
  print.bytes.fill(seed);
  return print;
}

inline sync::stored_workspace workspace_of(std::string id, std::uint32_t generation) {
  sync::stored_workspace row;
  row.id = std::move(id);
  row.wanted = {generation, print_of(static_cast<std::uint8_t>(generation)), now};
  row.known_since = now;
  return row;
}

inline sync::stored_presence presence_of(std::string workspace, std::uint32_t generation) {
  sync::stored_presence row;
  row.destination = "file:/run/tokens/" + workspace;
  row.workspace = std::move(workspace);
  row.generation = generation;
  row.token = print_of(static_cast<std::uint8_t>(generation));
  row.tag.words = {1, 0xFFFF'FFFF'FFFF'FFFF, 0x0123'4567'89AB'CDEF, generation};
  row.last_success = now;
  return row;
}

/// All that a store hands over.
struct content {
  std::map<std::string, sync::stored_workspace> workspaces;
  std::map<std::string, sync::stored_presence> presences;
};

inline content load_all(sync::store& from, wall_time when = now) {
  content all;
  const auto loaded = from.load(
      when, [&all](const sync::stored_workspace& row) { all.workspaces.emplace(row.id, row); },
      [&all](const sync::stored_presence& row) { all.presences.emplace(row.destination, row); });
  EXPECT_TRUE(loaded) << loaded.error().sentence;
  return all;
}

inline result<void> save(sync::store& to, std::vector<sync::change> changes) {
  asio::io_context loop{1};
  return run_task(loop, to.save(std::move(changes)));
}

/// Opens, and fails the test where that fails.
inline opened must_open(const std::filesystem::path& file, wall_time when = now) {
  auto made = open_sqlite(file, when);
  if (!made) throw std::runtime_error(made.error().sentence);
  return std::move(*made);
}

}  // namespace tokensyncd::store::tests
