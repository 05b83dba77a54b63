#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/values.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sinks/vault/access.hpp"
#include "daemon/sinks/vault/destination_names.hpp"
#include "daemon/sinks/vault/expiry_watch.hpp"
#include "daemon/sinks/vault/look_reports.hpp"
#include "daemon/sinks/vault/secret/ownership.hpp"
#include "daemon/sinks/vault/secret/payload.hpp"
#include "daemon/sinks/vault/secret/signer.hpp"
#include "daemon/sinks/vault/secret/vault_etag.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks::vault {

/// A secret of Vault's KV engine a workspace: read, compared, and written only where it differs,
/// with check-and-set, so that each rotation makes one version and nothing of somebody else's is
/// overwritten. For the loop's thread.
class vault_sink final : public sync::sink {
 public:
  /// `section` must be one of this kind. Throws std::runtime_error when a CA or certificate can't
  /// be used.
  vault_sink(const config::sink& section, const sink_context& context);

  [[nodiscard]] std::string_view type() const noexcept override { return "vault"; }
  [[nodiscard]] std::string destination(const sync::target& whom) const override {
    return names_.destination(whom);
  }
  [[nodiscard]] std::string canonical_location(const sync::target& whom) const override {
    return names_.canonical_location(whom);
  }
  task<result<sync::delivered>> deliver(const sync::delivery_request& what) override;
  task<void> inspect(std::span<sync::inspection> destinations) override;
  task<result<void>> withdraw(const sync::target& whom, const sync::etag& tag) override;
  [[nodiscard]] bool reaches(std::string_view destination) const override {
    return names_.reaches(destination);
  }
  [[nodiscard]] std::string canonical_location_at(std::string_view destination) const override {
    return names_.canonical_location_at(destination);
  }
  task<result<void>> withdraw_from(std::string_view destination, const sync::etag& tag) override;
  task<std::vector<sync::destination_problem>> check(std::span<const sync::target> all,
                                                     sync::thoroughness how) override;
  [[nodiscard]] std::chrono::milliseconds inspect_interval() const noexcept override {
    return settings_.inspect_interval;
  }
  task<void> tend() override;
  void report_to(std::function<void(sync::sink_news what)> listener) override {
    listener_ = std::move(listener);
  }
  bool ask_anew(sync::anew why) override;
  [[nodiscard]] std::optional<wall_time> login_expires() const noexcept override;
  [[nodiscard]] std::optional<std::string_view> login_error() const noexcept override;

 private:
  /// A delivery on its way: what is to be there, and what is known.
  struct job {
    const sync::delivery_request& what;
    location where;
    secret wanted;  ///< canonical form
    vault_etag next;
    std::optional<vault_etag> before{};
  };
  /// The outcome of one attempt; none: look at the destination anew and try again.
  using attempt = std::optional<result<sync::delivered>>;

  task<outcome<location>> locate(const sync::target& whom);
  task<outcome<location>> locate(std::string path);
  task<result<void>> remove(std::string path, const sync::etag& tag);
  /// Deletes what was found there, `version` of it; false where another one came meanwhile.
  task<outcome<bool>> remove_found(const location& where, std::uint64_t version);
  [[nodiscard]] static failure explain(const location& where, const trouble& why);

  static void note_if_uncertain(const job& on, const trouble& why);
  task<attempt> rewrite(job& on);
  task<attempt> compare_and_write(job& on);
  task<outcome<bool>> may_write(const job& on, const found_secret& found, ownership seen);
  void look_at(sync::inspection& destination, const location& where, const found_secret& found,
               const vault_etag& recorded);
  void could_not_look(const trouble& why, const std::string& sentence);
  /// Takes from the answer to a read for how long the version is kept, and whether the server has
  /// lost something.
  void notice(const location& where, const found_secret& found,
              const std::optional<vault_etag>& recorded);
  void report(sync::sink_news what) const;
  void recovered();
  task<> watch_cluster();
  void log_expiry(const kept_version& how) const;
  sync::delivered wrote(job& on, const written_version& made, sync::write_result how);
  sync::delivered arrived(job& on, std::uint64_t version, sync::write_result how);

  const config::vault_sink_settings settings_;
  const bool deletes_;  ///< the secrets of removed workspaces
  const destination_names names_;
  const payload payload_;
  const fingerprinter& prints_;
  clock& time_;
  const std::function<void(log_level level, const std::string& sentence)> log_;
  std::function<void(sync::sink_news what)> listener_;  ///< of report_to(); empty: nobody
  look_reports looks_;
  expiry_watch expiry_;
  access access_;
  signer signer_;
};

}  // namespace tokensyncd::sinks::vault
