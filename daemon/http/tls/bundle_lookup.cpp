#include "daemon/http/tls/bundle_lookup.hpp"

#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace tokensyncd::http {
namespace {

using bundle_list = std::vector<std::filesystem::path>;

struct freed {
  void operator()(BIO* file) const noexcept { BIO_free(file); }
  void operator()(X509* one) const noexcept { X509_free(one); }
  void operator()(X509_NAME* name) const noexcept { X509_NAME_free(name); }
  void operator()(char* text) const noexcept { OPENSSL_free(text); }
  void operator()(unsigned char* bytes) const noexcept { OPENSSL_free(bytes); }
};
template <class T>
using owned = std::unique_ptr<T, freed>;

/// One PEM block.
struct block {
  owned<char> name;
  owned<unsigned char> bytes;
  long size = 0;

  [[nodiscard]] bool is_certificate() const {
    const std::string_view text{name.get()};
    return text == PEM_STRING_X509 || text == PEM_STRING_X509_OLD ||
           text == PEM_STRING_X509_TRUSTED;
  }
};

bool read_block(BIO* file, block& into) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  if (PEM_read_bio(file, &name, &header, &bytes, &into.size) != 1) return false;
  const owned<char> unused{header};
  into.name.reset(name);
  into.bytes.reset(bytes);
  return true;
}

/// Moves `at` to the content of the DER element there; nullopt if no element ends before `end`.
/// Returns the length of the content in bytes.
std::optional<long> step_into(const unsigned char*& at, const unsigned char* end) {
  long length = 0;
  int tag = 0;
  int kind = 0;
  const unsigned char* content = at;
  if ((ASN1_get_object(&content, &length, &tag, &kind, end - at) & 0x80) != 0) return std::nullopt;
  at = content;
  return length;
}

/// Moves `at` behind the DER element there; false if no element ends before `end`.
bool step_over(const unsigned char*& at, const unsigned char* end) {
  const auto length = step_into(at, end);
  if (!length) return false;
  at += *length;
  return at <= end;
}

/// The subject of a certificate (RFC 5280, section 4.1), without reading the rest of it, which is
/// what costs time. Null where it isn't one.
owned<X509_NAME> subject_of(const block& from) {
  constexpr unsigned char version = 0xa0;  // [0], absent in version 1
  const unsigned char* at = from.bytes.get();
  const unsigned char* const end = at + from.size;
  bool good = step_into(at, end) && step_into(at, end);
  if (good && at < end && *at == version) good = step_over(at, end);
  // Serial number, signature algorithm, issuer, validity.
  for (int i = 0; good && i != 4; ++i) good = step_over(at, end);
  return owned<X509_NAME>{good ? d2i_X509_NAME(nullptr, &at, end - at) : nullptr};
}

owned<X509> certificate_of(const block& from) {
  const unsigned char* at = from.bytes.get();
  const bool trusted = std::string_view{from.name.get()} == PEM_STRING_X509_TRUSTED;
  return owned<X509>{trusted ? d2i_X509_AUX(nullptr, &at, from.size)
                             : d2i_X509(nullptr, &at, from.size)};
}

/// Adds all certificates of the bundle that have this name to the store; the first of them.
owned<X509> take_named(X509_STORE* store, const std::filesystem::path& bundle,
                       const X509_NAME* name) {
  owned<X509> first;
  const owned<BIO> file{BIO_new_file(bundle.c_str(), "r")};
  for (block next; file && read_block(file.get(), next);) {
    if (!next.is_certificate()) continue;
    const auto subject = subject_of(next);
    if (!subject || X509_NAME_cmp(subject.get(), name) != 0) continue;
    auto found = certificate_of(next);
    if (found && X509_STORE_add_cert(store, found.get()) == 1 && !first) first = std::move(found);
  }
  return first;
}

int find(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name, X509_OBJECT* into) {
  if (type != X509_LU_X509) return 0;
  const auto* const bundles = static_cast<bundle_list*>(X509_LOOKUP_get_method_data(lookup));
  ERR_set_mark();
  const auto found = take_named(X509_LOOKUP_get_store(lookup), first_bundle(*bundles), name);
  ERR_pop_to_mark();
  if (!found || X509_OBJECT_set1_X509(into, found.get()) != 1) return 0;
  // The caller counts a reference of its own: this one is the store's.
  X509_free(found.get());
  return 1;
}

void forget(X509_LOOKUP* lookup) {
  delete static_cast<bundle_list*>(X509_LOOKUP_get_method_data(lookup));
}

X509_LOOKUP_METHOD* bundle_method() {
  static X509_LOOKUP_METHOD* const made = [] {
    X509_LOOKUP_METHOD* const how = X509_LOOKUP_meth_new("authorities of a bundle");
    if (how == nullptr) throw std::bad_alloc();
    X509_LOOKUP_meth_set_get_by_subject(how, &find);
    X509_LOOKUP_meth_set_free(how, &forget);
    return how;
  }();
  return made;
}

}  // namespace

std::filesystem::path first_bundle(const std::vector<std::filesystem::path>& bundles) {
  for (const auto& one : bundles) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(one, ignored)) return one;
  }
  return {};
}

void look_in_bundles(X509_STORE* store, std::vector<std::filesystem::path> bundles) {
  auto kept = std::make_unique<bundle_list>(std::move(bundles));
  X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, bundle_method());
  if (lookup == nullptr || X509_LOOKUP_set_method_data(lookup, kept.get()) != 1)
    throw std::bad_alloc();
  [[maybe_unused]] const bundle_list* const of_the_lookup = kept.release();
}

}  // namespace tokensyncd::http
