#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <openssl/x509_vfy.h>

namespace tokensyncd::http {

/// The authorities that a server's certificate must come from, as their files are now: those of one
/// PEM file, any of which is enough, be it a root, an intermediate or the server's own certificate;
/// or the system's, in OpenSSL's hashed directories (SSL_CERT_DIR) and one bundle (SSL_CERT_FILE),
/// which is read only where the directories have no issuer. Files may be replaced while we run: by
/// rename, in place, or through Kubernetes' `..data` symlink. What can't be used leaves the last
/// good ones in force. For the loop's thread.
class authorities {
  struct deleter {
    void operator()(X509_STORE* store) const noexcept { X509_STORE_free(store); }
  };
  using store_ptr = std::unique_ptr<X509_STORE, deleter>;

 public:
  /// An empty `ca_file` means the system's. Blocks for as long as the file system does. Throws
  /// std::runtime_error where it can't be used.
  explicit authorities(std::filesystem::path ca_file);

  /// What a read found: nothing new where there is no store.
  struct reading {
    std::uint64_t seen = 0;
    store_ptr store{};
    std::string trouble{};
  };

  /// Reads them again where a file has changed. Blocks; for any thread, as it owns what it uses.
  [[nodiscard]] std::function<reading()> reader() const;

  /// Takes what a reader() found. Whether others are in force now.
  bool take(reading found);

  /// The files and directories that are read.
  [[nodiscard]] std::vector<std::filesystem::path> files() const;

  /// Those in force, for contexts that are made from now on.
  [[nodiscard]] X509_STORE* in_force() const noexcept { return store_.get(); }

  /// Where they are, to end a sentence that says that one isn't among them.
  [[nodiscard]] std::string in_words() const;

 private:
  struct places {
    std::filesystem::path ca_file;                     // empty: the system's
    std::vector<std::filesystem::path> directories{};  // of the system
    std::vector<std::filesystem::path> bundles{};  // of the system; the first one there is counts
  };

  [[nodiscard]] static store_ptr load(const places& from);
  [[nodiscard]] static std::uint64_t look(const places& at);

  places places_;
  std::uint64_t seen_ = 0;  // what the files were when they were read
  store_ptr store_;
  std::string trouble_{};  // why what is in ca_file now isn't in force
};

}  // namespace tokensyncd::http
