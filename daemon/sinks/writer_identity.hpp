#pragma once

#include <string>
#include <string_view>

#include "daemon/runtime/crypto.hpp"

namespace tokensyncd::sinks {

/// Whose a temporary file is, by its name: `.tokensyncd-INSTALLATION-RUN-RANDOM`. Does not change
/// after construction: for any thread.
class writer_identity {
 public:
  /// `key` gives the part that all runs of an installation share (it can't be got back from it);
  /// the part of this run is random. One for the whole program: sinks may share a directory.
  explicit writer_identity(const installation_key& key);

  /// A name that nobody else has.
  [[nodiscard]] std::string temporary_name() const;

  /// Whether `name` is what an earlier run of this installation left behind.
  [[nodiscard]] bool is_stale_temp_file(std::string_view name) const noexcept;

 private:
  std::string installation_prefix_;
  std::string run_prefix_;
};

}  // namespace tokensyncd::sinks
