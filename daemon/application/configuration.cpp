#include "daemon/application/configuration.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/model/exit_code.hpp"
#include "daemon/runtime/async/on_another_thread.hpp"
#include "daemon/runtime/fs/access.hpp"
#include "daemon/runtime/process/heap.hpp"
#include "daemon/store/sqlite/files.hpp"
#include "daemon/store/sqlite/state_lock.hpp"

namespace tokensyncd {

namespace {

std::string name_of_user(uid_t id) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  ::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::string{entry.pw_name} : "#" + std::to_string(id);
}

}  // namespace

config::environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string{name}.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  };
}

namespace {

/// Parsing needs several times the memory of what is kept of many workspaces, and what is kept
/// would lie in between, so that no page could be given back. Another thread has another heap
/// (mallopt(3), M_ARENA_MAX), of which nothing is kept.
config::loaded load_on_a_heap_apart(const std::filesystem::path& file) {
  const auto load = [&file] { return config::load(file, process_environment()); };
  config::loaded there;
  try {
    there = on_another_thread(load);
  } catch (const std::system_error&) {
    return load();  // no thread is to be had
  }
  config::loaded here = there;
  there = {};
  give_back_memory();
  return here;
}

}  // namespace

config::loaded loaded_or_fail(const std::filesystem::path& file) {
  auto loaded = load_on_a_heap_apart(file);
  for (const auto& each : loaded.warnings) {
    std::fprintf(stderr, "tokensyncd: warning: %s\n", each.text().c_str());
  }
  if (!loaded.value) {
    std::string lines;
    for (const auto& each : loaded.errors) {
      lines += (lines.empty() ? "" : "\n") + each.text();
    }
    throw command_failed(exit_code::bad_config, lines);
  }
  return loaded;
}

void refuse_to_take_over(const config::configuration& settings, opening_limits limits) {
  const auto& file = settings.state.file;
  if (settings.state.in_memory || ::geteuid() != 0) {
    return;
  }
  const opening_watch watched{settings.state, limits};
  struct stat found{};
  const bool is_known =
      ::stat(file.c_str(), &found) == 0 || ::stat(directory_of(file).c_str(), &found) == 0;
  if (!is_known || found.st_uid == 0) {
    return;
  }
  if (store::facts_of(file.string() + ".lock").is_there()) {
    const auto lock = store::state_lock::take(file);
    if (!lock && lock.error().kind == failure_kind::busy) {
      throw command_failed(exit_code::busy, lock.error().sentence);
    }
  }
  const std::string user = name_of_user(found.st_uid);
  throw command_failed(exit_code::os_error,
                       "the state " + file.string() + " belongs to the user " + user +
                           ", who could not use files that root writes here; run this command as "
                           "that user: sudo -u " +
                           (user.starts_with('#') ? "'" + user + "'" : user) + " tokensyncd ...");
}

}  // namespace tokensyncd
