#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "daemon/http/server.hpp"

namespace tokensyncd::http {

/// A certificate with its key, as servers show it, and what is spoken with it: TLS 1.2 (RFC 5246)
/// or 1.3 (RFC 8446), no compression, no renegotiation. Its files may be replaced at any time, each
/// by itself: they are looked at before each handshake, and taken when they fit together. For the
/// loop's thread; looking costs two stat calls.
class server_certificate {
 public:
  /// Throws std::runtime_error that says what to do when the files can't be used.
  server_certificate(std::filesystem::path cert_file, std::filesystem::path key_file,
                     certificate_notice tell);

  /// A new connection's state, with the certificate as the files hold it now; the caller's to
  /// SSL_free.
  [[nodiscard]] SSL* make();

 private:
  struct deleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };
  using context_ptr = std::unique_ptr<SSL_CTX, deleter>;

  /// Which file it is and when it was changed: device, inode, size, times; all 0 where there is
  /// none.
  using stamp = std::array<std::uint64_t, 5>;
  static stamp stamp_of(const std::filesystem::path& file);

  [[nodiscard]] context_ptr load() const;
  void look();

  std::filesystem::path cert_file_;
  std::filesystem::path key_file_;
  certificate_notice tell_;
  std::array<stamp, 2> looked_at_{};
  context_ptr context_;
};

}  // namespace tokensyncd::http
