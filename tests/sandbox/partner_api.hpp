#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/book.hpp"
#include "tests/sandbox/fault.hpp"
#include "tests/sandbox/journal.hpp"
#include "tests/sandbox/reply.hpp"
#include "tests/sandbox/request.hpp"
#include "tests/sandbox/settings.hpp"
#include "tests/sandbox/token_check.hpp"

namespace tokensyncd::sandbox {

/// Everything that the sandbox knows.
struct world {
  settings rules;
  book workspaces;
  fault_list faults;
  journal seen;
};

/// What is asked, read from method and path.
struct operation {
  endpoint what = endpoint::other;
  std::string workspace;              ///< decoded; empty where the path has none
  std::uint32_t place = entry::none;  ///< in the book
  std::optional<fault> met;
};

/// The Partner API and the one operation of the Public API that we need: requests in, answers out,
/// no I/O.
class partner_api {
 public:
  explicit partner_api(world& everything) : world_(everything) {}

  /// Reads what is asked and looks for a fault for it. Once a request.
  [[nodiscard]] operation begin(const request& what);

  /// Carries it out. `address`: whose rate limit.
  [[nodiscard]] reply answer(const operation& what, const request& from,
                             const std::string& address);

 private:
  struct bucket {
    double tokens = 0;
    std::int64_t at_ns = 0;
  };
  bool over_limit(const std::string& address);
  reply perform(const operation& what, const request& from);
  reply on_workspace(const operation& what, const request& from);
  reply token(const operation& what, workspace& which, const request& from);
  reply public_workspace(const request& from);
  [[nodiscard]] reply error(std::string_view code, std::string_view description = {}) const;
  [[nodiscard]] std::int64_t now_us() const;

  world& world_;
  token_check check_;
  std::map<std::string, bucket> buckets_;
};

}  // namespace tokensyncd::sandbox
