#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <openssl/ssl.h>

#include "daemon/http/server.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/file_stamp.hpp"

namespace tokensyncd::http {

/// A certificate with its key, as servers show it, and what is spoken with it: TLS 1.2 (RFC 5246)
/// or 1.3 (RFC 8446), no compression, no renegotiation. Its files may be replaced at any time, each
/// by itself: they are looked at before each handshake, and taken when they fit together; where
/// they couldn't be, they are tried again every 30 s, as that may have had nothing to do with them.
/// For the loop's thread; looking costs two stat calls.
class server_certificate {
 public:
  /// Throws std::runtime_error that says what to do when the files can't be used.
  server_certificate(std::filesystem::path cert_file, std::filesystem::path key_file,
                     certificate_notice tell);

  /// A new connection's state, with the certificate as the files hold it at `now`; the caller's to
  /// SSL_free.
  [[nodiscard]] SSL* make(steady_time now);

 private:
  struct deleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };
  using context_ptr = std::unique_ptr<SSL_CTX, deleter>;

  [[nodiscard]] context_ptr load() const;
  void look(steady_time now);

  std::filesystem::path cert_file_;
  std::filesystem::path key_file_;
  certificate_notice tell_;
  std::array<std::optional<file_stamp>, 2> looked_at_{};
  context_ptr context_;
  std::optional<steady_time> again_at_;  // where the files couldn't be used
  std::string trouble_;                  // the last that was told of these
};

}  // namespace tokensyncd::http
