#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/http/client/client.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/runtime/fs/file_reader.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/source/auth/credentials.hpp"
#include "daemon/source/auth/jwt_check.hpp"
#include "daemon/sync/ports/source.hpp"

namespace tokensyncd::source {

/// Takes a sentence for the log; each trouble comes once, not with every call.
using notice = std::function<void(log_level level, const std::string& sentence)>;

/// The TimelinesAI Partner API. Signs with the Partner Secret as its file holds it now, corrects
/// for the API's clock, and after a refusal that a newer secret, the previous secret or a corrected
/// clock may cure asks once more: two calls at most. For the loop's thread.
class partner_source final : public sync::source {
 public:
  /// `api`: a client for split_api_url(settings.api_url).origin. `time` must outlive this. Throws
  /// std::invalid_argument where partner.id can't be a header.
  partner_source(std::unique_ptr<http::client> api, clock& time,
                 const config::partner_settings& settings, notice tell);

  /// See sync::source. Where there is no Partner Secret yet nothing is called: bad_signature.
  task<sync::fetched> fetch(const sync::fetch_request& what) override;

  /// See sync::source. The call has a connection of its own, so that none that the API closes at
  /// that moment takes it along.
  task<sync::rotation_answer> rotate(std::string_view workspace) override;

  /// Asks for the details of `workspace`, which tries credentials and connection without ever
  /// creating a token. Failures as those of fetch().
  task<result<void>> probe(std::string_view workspace);

  /// Reads the Partner Secret's files at once, before anything is called. A failure (bad_signature)
  /// where there never was a good one. Blocks for two small files.
  result<void> look_at_secrets();

  /// Reads them again, as a watch says that they changed. Returns when they are read, or soon where
  /// their disk hangs: then what was read before stays in use until they are. Whether another
  /// secret is in use now.
  task<bool> renew_secrets();

  /// What the proof of an event is worth (X-TL-Signature, and X-TL-Partner-Id as `partner_id`), by
  /// our own clock. One with a bad signature has the secrets' files read again, ten times a second
  /// at most: the vendor may use a new secret before a watch tells us of it.
  task<jwt_status> check_event(std::string_view signature, std::string_view partner_id);

  /// X-TL-Signature of an event, as the vendor would sign it now. A failure (bad_signature) where
  /// there never was a Partner Secret.
  [[nodiscard]] result<secret> sign_event();

  /// How far our clock is ahead of the API's, by the Date header of the latest probe's or refusing
  /// answer that wasn't out of a cache; none: there was no such answer.
  [[nodiscard]] std::optional<std::chrono::seconds> clock_ahead() const noexcept {
    return clock_ahead_;
  }

  /// The Partner Secrets that are known, for whoever must not show them. Valid until the next look.
  [[nodiscard]] std::vector<const secret*> secrets() const { return credentials_.keys(); }

  /// Ours, as events must name it.
  [[nodiscard]] const std::string& partner_id() const noexcept { return partner_id_; }

 private:
  enum class wanted { token, details, new_token };

  /// What one call gave, without its bytes.
  struct reply {
    result<sync::observation> what;
    bool may_have_rotated = false;  ///< for new_token: it wasn't refused before anything was done
    std::optional<std::chrono::milliseconds> retry_after{};
    std::optional<std::chrono::sys_seconds> server_time{};
  };

  task<sync::rotation_answer> ask(const sync::fetch_request& what, std::string target, wanted how);
  task<reply> call(const sync::fetch_request& what, std::string_view target, wanted how,
                   std::string_view authorization);
  reply read(http::answer& from, const sync::fetch_request& what, wanted how);
  task<> look();
  void take(credentials::contents read);
  void check_version(const http::answer& from);

  std::unique_ptr<http::client> api_;
  clock& time_;
  std::string partner_id_;
  std::string base_path_;
  credentials credentials_;
  body_hasher hasher_;
  notice tell_;
  file_reader secrets_;
  std::optional<std::chrono::seconds> clock_ahead_{};
  bool told_of_version_ = false;
  std::optional<steady_time> doubted_{};  ///< when a bad signature last had the secrets looked at
};

}  // namespace tokensyncd::source
