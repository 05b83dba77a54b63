#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <openssl/ssl.h>

#include "daemon/http/server/server.hpp"
#include "daemon/http/tls/pem_pair.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/fs/file_reader.hpp"

namespace tokensyncd::http {

/// A certificate with its key, as servers show it, and what is spoken with it: TLS 1.2 (RFC 5246)
/// or 1.3 (RFC 8446), no compression, no renegotiation. Its files may be replaced at any time, each
/// by itself: they are looked at before each handshake, and taken when they fit together; where
/// they couldn't be, they are tried again every 30 s, as that may have had nothing to do with them.
/// For the loop's thread.
class server_certificate {
 public:
  /// Blocks for as long as the file system does. Throws std::runtime_error that says what to do
  /// when the files can't be used.
  server_certificate(std::filesystem::path cert_file, std::filesystem::path key_file,
                     certificate_notice tell);

  /// Takes the files as they are at `now`, with two stat calls where they haven't changed. Returns
  /// soon where their disk hangs, and takes them when it has answered.
  task<> look(steady_time now);

  /// A new connection's state, with the certificate as look() has found it; the caller's to
  /// SSL_free.
  [[nodiscard]] SSL* make();

 private:
  struct deleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };
  using context_ptr = std::unique_ptr<SSL_CTX, deleter>;

  /// What a read found, where the files are to be read again.
  struct reading {
    pem_pair::stamps at{};
    context_ptr context{};  ///< null: they can't be used
    std::string trouble{};
  };

  [[nodiscard]] static context_ptr load(const pem_pair& from);
  void take(reading found, steady_time now);
  void tell_of_hang() const;

  pem_pair paths_;
  certificate_notice tell_;
  pem_pair::stamps looked_at_{};
  context_ptr context_;
  std::optional<steady_time> again_at_;  // where the files couldn't be used
  std::string trouble_;                  // the last that was told of these
  file_reader files_;
};

}  // namespace tokensyncd::http
