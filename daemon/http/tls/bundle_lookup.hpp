#pragma once

#include <filesystem>
#include <vector>

#include <openssl/x509_vfy.h>

namespace tokensyncd::http {

/// Has `store` look for an authority in the first of `bundles` (PEM) that exists, after the lookups
/// that it has already, and only where they have none of that name. Only names are read for that,
/// and the file is read anew each time: loading a system's bundle would cost 45 ms and 1.3 MiB.
/// Throws std::bad_alloc. For one thread.
void look_in_bundles(X509_STORE* store, std::vector<std::filesystem::path> bundles);

/// The first of `bundles` that exists; empty where none does.
[[nodiscard]] std::filesystem::path first_bundle(const std::vector<std::filesystem::path>& bundles);

}  // namespace tokensyncd::http
