#pragma once

#include <string>
#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/sinks/permissions.hpp"
#include "daemon/sinks/system_calls.hpp"
#include "daemon/sinks/writer_identity.hpp"

namespace tokensyncd::sinks {

/// A file on its way: complete and with its final permissions before it gets its name. Unless
/// put_in_place() succeeded it is gone when this object is.
class temporary_file {
 public:
  /// `path` is the place it is for, for sentences alone. `directory` must stay open meanwhile.
  temporary_file(system_calls& system, std::string path, int directory, std::string name);
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file();

  /// Creates it, empty and for this program alone; refused on a file system that would make it
  /// wider.
  result<void> create();
  result<void> write(std::string_view bytes);

  /// Group, mode, owner, in this order: never wider than asked for, and possible with CAP_CHOWN
  /// alone.
  result<void> set(const permissions& wanted);

  void start_writing_back();
  result<void> sync();

  /// Renames it to `name`, and says what the file then is.
  result<struct stat> put_in_place(const std::string& name);

 private:
  system_calls& system_;
  const std::string path_;
  const int directory_;
  const std::string name_;
  descriptor file_;
};

}  // namespace tokensyncd::sinks
