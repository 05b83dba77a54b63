#include "daemon/sinks/vault/login/credential_files.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/sinks/vault/login/login_failure.hpp"

namespace tokensyncd::sinks::vault {

credential_files::credential_files(const config::vault_auth_settings& settings, clock& time,
                                   std::function<void(const std::string&)> report)
    : time_(time),
      token_(settings.token_file),
      role_id_(settings.role_id_file),
      secret_id_(settings.secret_id_file),
      jwt_(settings.jwt_file),
      reader_([this, report = std::move(report)] {
        report(sentence_of_hang({token_.path(), role_id_.path(), secret_id_.path(), jwt_.path()}));
      }) {}

std::uint64_t credential_files::versions() const noexcept {
  std::uint64_t sum = 0;  // each only grows
  for (const secret_file* each : {&token_, &role_id_, &secret_id_, &jwt_}) sum += each->version();
  return sum;
}

task<> credential_files::read() {
  std::vector<std::filesystem::path> paths;
  std::vector<secret_file*> files;
  for (secret_file* each : {&token_, &role_id_, &secret_id_, &jwt_}) {
    if (each->path().empty()) continue;
    paths.push_back(each->path());
    files.push_back(each);
  }
  if (files.empty()) co_return;
  file_reader::read how = [this, paths, files]() -> file_reader::take {
    // Of this object nothing is used here: it may be gone.
    auto contents = std::make_shared<std::vector<result<secret>>>();
    for (const auto& each : paths) contents->push_back(read_secret_file(each));
    return [this, files, contents] {
      for (std::size_t i = 0; i != files.size(); ++i) {
        // A trouble comes once, and the login that needs the file reports it.
        const auto wrong = files[i]->take(time_.now(), std::move((*contents)[i]));
        if (wrong) unread_ = wrong->sentence;
      }
    };
  };
  co_await reader_.run(std::move(how));
}

bool credential_files::are_new() const noexcept {
  return used_versions_ && versions() != *used_versions_;
}

std::optional<trouble> credential_files::check_read(const secret_file& file,
                                                    std::string_view key) const {
  if (file.version() != 0) return {};
  return bad_login("auth." + std::string{key} + ": " +
                   (unread_.empty() ? file.path().string() + " still cannot be read" : unread_));
}

}  // namespace tokensyncd::sinks::vault
