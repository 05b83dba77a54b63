#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace tokensyncd::tests {

/// A secret that must be found nowhere, in none of the forms in which it could have leaked: plain,
/// base64 and base64url (in all three alignments), hex, percent-encoded, JSON-escaped.
class canary {
 public:
  /// `name`: what a finding calls it. `secret`: at least 12 bytes, so that chance finds nothing.
  canary(std::string name, std::string_view secret);

  /// What was found, a sentence each; empty where nothing was.
  [[nodiscard]] std::vector<std::string> found_in(std::string_view bytes,
                                                  std::string_view where) const;

  /// The same for every regular file below, names included, but for those in `allowed`.
  [[nodiscard]] std::vector<std::string> found_below(
      const std::filesystem::path& directory,
      const std::vector<std::filesystem::path>& allowed = {}) const;

  /// The same for a process's command line and environment.
  [[nodiscard]] std::vector<std::string> found_in_process(pid_t id) const;

 private:
  std::string name_;
  std::map<std::string, std::string> forms_;  ///< by the form's name
};

/// A token that looks different in every form that a canary knows; `number` tells them apart.
[[nodiscard]] std::string canary_token(unsigned number);

}  // namespace tokensyncd::tests
