#include "daemon/sinks/vault/secret/location.hpp"

#include "daemon/http/text/path_segment.hpp"

namespace tokensyncd::sinks::vault {

std::string encode_path(std::string_view path) {
  std::string target;
  for (;;) {
    const auto slash = path.find('/');
    http::append_segment(target, path.substr(0, slash));
    if (slash == std::string_view::npos) return target;
    target += '/';
    path.remove_prefix(slash + 1);
  }
}

std::string location::secret_path() const {
  return encode_path(mount) + (kind == engine_kind::v2 ? "/data/" : "/") + encode_path(path);
}

std::string location::metadata_path() const {
  return encode_path(mount) + "/metadata/" + encode_path(path);
}

std::string location::delete_path() const {
  return encode_path(mount) + "/delete/" + encode_path(path);
}

}  // namespace tokensyncd::sinks::vault
