#include "daemon/http/tls/authorities.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <openssl/err.h>

#include "daemon/http/tls/bundle_lookup.hpp"
#include "daemon/runtime/fs/file_stamp.hpp"

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

authorities::authorities(std::filesystem::path ca_file) : places_{std::move(ca_file)} {
  if (places_.ca_file.empty()) {
    places_.directories = system_directories();
    places_.bundles = system_bundles();
  }
  seen_ = look(places_);
  store_ = load(places_);
}

std::uint64_t authorities::look(const places& at) {
  std::uint64_t seen = 0xcbf29ce484222325U;
  if (!at.ca_file.empty()) {
    add(seen, at.ca_file);
    return seen;
  }
  add(seen, first_bundle(at.bundles));
  for (const auto& directory : at.directories) {
    add(seen, directory);
    // A file behind one of its links may be written without the directory showing it.
    std::error_code ended;
    for (std::filesystem::directory_iterator one{directory, ended}, end; !ended && one != end;
         one.increment(ended))
      add(seen, one->path());
  }
  return seen;
}

authorities::store_ptr authorities::load(const places& from) {
  store_ptr made{X509_STORE_new()};
  if (!made) throw std::bad_alloc();
  // Whoever names an issuing authority, or one server, means that: as curl and Go take it.
  X509_STORE_set_flags(made.get(), X509_V_FLAG_PARTIAL_CHAIN);
  if (!from.ca_file.empty()) {
    if (X509_STORE_load_file(made.get(), from.ca_file.c_str()) == 1) return made;
    ERR_clear_error();
    throw std::runtime_error(
        "cannot use " + from.ca_file.string() +
        ": ca_file must hold PEM certificates that the daemon's user can read");
  }
  X509_LOOKUP* const hashed = X509_STORE_add_lookup(made.get(), X509_LOOKUP_hash_dir());
  if (hashed == nullptr) throw std::bad_alloc();
  // Costs nothing until it is used.
  for (const auto& one : from.directories)
    X509_LOOKUP_add_dir(hashed, one.c_str(), X509_FILETYPE_PEM);
  look_in_bundles(made.get(), from.bundles);
  return made;
}

std::function<authorities::reading()> authorities::reader() const {
  return [places = places_, before = seen_] {
    // Before they are read: a file that changes meanwhile is read again the next time.
    reading found{look(places)};
    if (found.seen == before) return found;
    try {
      found.store = load(places);
    } catch (const std::runtime_error& error) {
      found.trouble = error.what();
    }
    return found;
  };
}

bool authorities::take(reading found) {
  trouble_ = std::move(found.trouble);
  // The same: the read before, which was under way when this one was asked for, has found it.
  if (!found.store || found.seen == seen_) return false;
  store_ = std::move(found.store);
  seen_ = found.seen;
  return true;
}

std::vector<std::filesystem::path> authorities::files() const {
  if (places_.ca_file.empty()) return places_.directories;
  return {places_.ca_file};
}

std::string authorities::in_words() const {
  if (!places_.ca_file.empty()) {
    std::string where = "ca_file " + places_.ca_file.string();
    if (!trouble_.empty()) where += "; its current content is not used: " + trouble_;
    return where;
  }
  std::string where;
  for (const auto& one : places_.directories) where += (where.empty() ? "" : ", ") + one.string();
  const auto bundle = first_bundle(places_.bundles);
  if (!bundle.empty()) where += (where.empty() ? "" : ", ") + bundle.string();
  return "the system's authorities (" + where + "); set ca_file to trust another authority";
}

}  // namespace tokensyncd::http
