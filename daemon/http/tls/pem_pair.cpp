#include "daemon/http/tls/pem_pair.hpp"

#include <new>

#include <openssl/pem.h>

#include "daemon/runtime/fs/secret_file.hpp"

namespace tokensyncd::http {

int refuse_passphrase(char*, int, int, void* asked) noexcept {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return -1;
}

result<private_key> read_private_key(const std::filesystem::path& file) {
  const auto content = read_secret_file(file);
  if (!content) return content.error();
  const std::string_view text = content->reveal();
  const owned_bio bytes{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!bytes) throw std::bad_alloc();
  private_key found;
  found.key.reset(
      PEM_read_bio_PrivateKey(bytes.get(), nullptr, &refuse_passphrase, &found.encrypted));
  return found;
}

}  // namespace tokensyncd::http
