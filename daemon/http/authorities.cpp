#include "daemon/http/authorities.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <openssl/err.h>

#include "daemon/http/bundle_lookup.hpp"
#include "daemon/runtime/file_stamp.hpp"

namespace tokensyncd::http {
namespace {

/// As OpenSSL reads them: not where the program has more rights than who started it.
const char* from_environment(const char* name) {
  const char* const value = ::secure_getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

std::vector<std::filesystem::path> system_directories() {
  const char* const chosen = from_environment(X509_get_default_cert_dir_env());
  std::string_view rest = chosen != nullptr ? chosen : X509_get_default_cert_dir();
  std::vector<std::filesystem::path> found;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (end != 0) found.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return found;
}

std::vector<std::filesystem::path> system_bundles() {
  if (const char* const chosen = from_environment(X509_get_default_cert_file_env()))
    return {chosen};
  // OpenSSL's own, then where distributions have it, as curl and Go know them.
  return {X509_get_default_cert_file(), "/etc/ssl/certs/ca-certificates.crt",
          "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
}

/// Adds a file's stamp to what was seen (FNV-1a).
void add(std::uint64_t& seen, const std::filesystem::path& file) {
  const auto mix = [&seen](std::uint64_t value) { seen = (seen ^ value) * 0x100000001b3U; };
  const auto is = stamp_of(file);
  mix(is ? 1 : 0);
  if (!is) return;
  for (const auto part : {is->device, is->inode}) mix(part);
  for (const long part : {is->size, is->modified, is->modified_ns, is->changed, is->changed_ns})
    mix(static_cast<std::uint64_t>(part));
}

}  // namespace

authorities::authorities(std::filesystem::path ca_file) : ca_file_(std::move(ca_file)) {
  if (ca_file_.empty()) {
    directories_ = system_directories();
    bundles_ = system_bundles();
  }
  seen_ = look();
  store_ = load();
}

std::uint64_t authorities::look() const {
  std::uint64_t seen = 0xcbf29ce484222325U;
  if (!ca_file_.empty()) {
    add(seen, ca_file_);
    return seen;
  }
  add(seen, first_bundle(bundles_));
  for (const auto& directory : directories_) {
    add(seen, directory);
    // A file behind one of its links may be written without the directory showing it.
    std::error_code ended;
    for (std::filesystem::directory_iterator one{directory, ended}, end; !ended && one != end;
         one.increment(ended))
      add(seen, one->path());
  }
  return seen;
}

authorities::store_ptr authorities::load() const {
  store_ptr made{X509_STORE_new()};
  if (!made) throw std::bad_alloc();
  // Whoever names an issuing authority, or one server, means that: as curl and Go take it.
  X509_STORE_set_flags(made.get(), X509_V_FLAG_PARTIAL_CHAIN);
  if (!ca_file_.empty()) {
    if (X509_STORE_load_file(made.get(), ca_file_.c_str()) == 1) return made;
    ERR_clear_error();
    throw std::runtime_error("can't use " + ca_file_.string() +
                             ": ca_file needs PEM certificates, readable for us");
  }
  X509_LOOKUP* const hashed = X509_STORE_add_lookup(made.get(), X509_LOOKUP_hash_dir());
  if (hashed == nullptr) throw std::bad_alloc();
  // Costs nothing until it is used.
  for (const auto& one : directories_) X509_LOOKUP_add_dir(hashed, one.c_str(), X509_FILETYPE_PEM);
  look_in_bundles(made.get(), bundles_);
  return made;
}

bool authorities::renew() {
  // Before they are read: a file that changes meanwhile is read again the next time.
  const std::uint64_t now = look();
  if (now == seen_) {
    trouble_.clear();
    return false;
  }
  try {
    store_ = load();
  } catch (const std::runtime_error& error) {
    trouble_ = error.what();
    return false;
  }
  seen_ = now;
  trouble_.clear();
  return true;
}

std::string authorities::in_words() const {
  if (!ca_file_.empty()) {
    std::string where = "ca_file " + ca_file_.string();
    if (!trouble_.empty()) where += "; what is in the file now isn't used: " + trouble_;
    return where;
  }
  std::string where;
  for (const auto& one : directories_) where += (where.empty() ? "" : ", ") + one.string();
  const auto bundle = first_bundle(bundles_);
  if (!bundle.empty()) where += (where.empty() ? "" : ", ") + bundle.string();
  return "the system's authorities (" + where + "); set ca_file for one of your own";
}

}  // namespace tokensyncd::http
