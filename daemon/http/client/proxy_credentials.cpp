#include "daemon/http/client/proxy_credentials.hpp"

#include <memory>
#include <utility>

#include "daemon/http/client/proxy_request.hpp"

namespace tokensyncd::http {

proxy_credentials_reader::proxy_credentials_reader(const client_options& options)
    : options_(options), file_([this] {
        if (options_.tell) options_.tell(sentence_of_hang({options_.proxy_auth_file}));
      }) {}

task<const secret*> proxy_credentials_reader::read() {
  if (options_.proxy_auth_file.empty()) co_return options_.proxy_credentials.get();
  file_reader::read read = [this, file = options_.proxy_auth_file]() -> file_reader::take {
    // Of this object nothing is used here: it may be gone.
    auto found = std::make_shared<std::optional<secret>>(read_credentials(file));
    return [this, found] { text_ = std::move(*found); };
  };
  co_await file_.run(std::move(read));
  co_return text_ ? &*text_ : nullptr;
}

}  // namespace tokensyncd::http
