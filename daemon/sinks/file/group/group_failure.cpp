#include "daemon/sinks/file/group/group_failure.hpp"

#include <cstddef>
#include <utility>

namespace tokensyncd::sinks {
namespace {

constexpr std::size_t most_named = 3;

}  // namespace

/// Names a few; of many each sentence would differ from that of the next one.
failure incomplete_failure(const std::string& path, std::span<const std::string_view> lacking) {
  if (lacking.size() > most_named)
    return {failure_kind::incomplete, path + " waits for the tokens of other workspaces"};
  std::string sentence = path + " waits for the token of ";
  for (std::size_t i = 0; i != lacking.size(); ++i) {
    if (i != 0) sentence += i + 1 == lacking.size() ? " and " : ", ";
    sentence += lacking[i];
  }
  return {failure_kind::incomplete, std::move(sentence)};
}

failure too_large_failure(const std::string& path) {
  return {failure_kind::too_large,
          path +
              " is or would be larger than 64 MiB: group the workspaces by a label, or, if it "
              "is no file of tokens, correct the sink's path"};
}

failure has_left_failure(const std::string& path, const std::string& workspace) {
  return {failure_kind::cancelled, workspace + " has left the group of " + path};
}

failure kept_entry_failure(const std::string& path, const std::string& workspace) {
  return {failure_kind::conflict,
          "the entry of " + workspace + " in " + path +
              " is not as tokensyncd wrote it, so it is kept: remove it by hand if it is not "
              "needed"};
}

}  // namespace tokensyncd::sinks
