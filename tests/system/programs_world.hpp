#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {

/// A daemon, not yet started, whose hooks and exec sinks are shell scripts in its directory. In
/// each script `$home` is that directory.
class programs_world : public testing::Test {
 protected:
  programs_world() {
    // Tokens from before: else nothing and no file would be the same.
    api_.rotate("acme");
    api_.rotate("beta");
  }

  std::string script(const std::string& name, const std::string& text) {
    const auto file = daemon_.directory() / name;
    write_file(file, "#!/bin/sh\nhome=" + daemon_.directory().string() + "\n" + text + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.string();
  }

  /// A file sink with a hook that does `text`.
  void hook(const std::string& text, const std::string& more = ", debounce: 1s") {
    options_.sink_more = "on_change: {command: [" + script("hook", text) + "]" + more + "}\n";
    daemon_.configure(options_);
  }

  /// Lines of a file in the directory.
  [[nodiscard]] std::size_t lines(const std::string& name) const {
    std::istringstream in(read_if_there(daemon_.directory() / name));
    std::size_t count = 0;
    for (std::string line; std::getline(in, line);) ++count;
    return count;
  }

  [[nodiscard]] bool pending(const std::string& workspace) const {
    return daemon_.status(workspace).at("sinks").at("files").at("hook_pending").as_bool();
  }
  [[nodiscard]] double runs(const std::string& result) const {
    return daemon_.metric("tokensyncd_hook_runs_total{result=\"" + result + "\",sink=\"files\"}");
  }
  [[nodiscard]] bool is_delivered(const std::string& workspace) {
    return eventually([&] { return daemon_.delivered(workspace) == api_.token(workspace); });
  }

  sandbox api_{{.workspaces = {"acme", "beta"}}};
  daemon_options options_{.workspaces = {"acme", "beta"}};
  daemon daemon_{api_, options_};
};

}  // namespace tokensyncd::tests
