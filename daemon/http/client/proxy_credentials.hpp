#pragma once

#include <optional>

#include "daemon/http/client/client.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/fs/file_reader.hpp"

namespace tokensyncd::http {

/// Our credentials at the proxy, out of proxy_auth_file or as given. For the loop's thread; every
/// read() must have returned before it is destroyed.
class proxy_credentials_reader {
 public:
  /// `options` must outlive it.
  explicit proxy_credentials_reader(const client_options& options);

  /// The credentials as proxy_auth_file holds them now, or held them before its disk hung. Null
  /// where there are none, or the file can't be read; valid until the next await.
  task<const secret*> read();

 private:
  const client_options& options_;
  std::optional<secret> text_;  ///< what proxy_auth_file held
  file_reader file_;
};

}  // namespace tokensyncd::http
