#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/text_template.hpp"
#include "config/values.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sinks/vault/access.hpp"
#include "daemon/sinks/vault/login/signer.hpp"
#include "daemon/sinks/vault/secret/ownership.hpp"
#include "daemon/sinks/vault/secret/payload.hpp"
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
  vault_sink(const config::sink& section, const sink_context& world);

  [[nodiscard]] std::string_view type() const noexcept override { return "vault"; }
  [[nodiscard]] std::string destination(const sync::target& whom) const override;
  /// Without the address: another one may lead to the same cluster.
  [[nodiscard]] std::string canonical_location(const sync::target& whom) const override;
  task<result<sync::delivered>> deliver(const sync::delivery_request& what) override;
  task<void> inspect(std::span<sync::inspection> destinations) override;
  task<result<void>> withdraw(const sync::target& whom, const sync::etag& tag) override;
  [[nodiscard]] bool reaches(std::string_view destination) const override;
  [[nodiscard]] std::string canonical_location_at(std::string_view destination) const override;
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
  /// What one attempt came to; none: look at the place anew and try again.
  using attempt = std::optional<result<sync::delivered>>;

  [[nodiscard]] std::string path(const sync::target& whom) const;
  [[nodiscard]] std::string within(const sync::target& whom) const;  ///< namespace, mount, path
  task<outcome<location>> locate(const sync::target& whom);
  task<outcome<location>> locate(std::string path);
  task<result<void>> remove(std::string path, const sync::etag& tag);
  /// Deletes what was found there, `version` of it; false where another one came meanwhile.
  task<outcome<bool>> remove_found(const location& where, std::uint64_t version);
  [[nodiscard]] std::string above_destinations() const;
  [[nodiscard]] static failure explain(const location& where, const trouble& why);

  static void note_if_uncertain(const job& on, const trouble& why);
  task<attempt> rewrite(job& on);
  task<attempt> compare_and_write(job& on);
  task<outcome<bool>> may_write(const job& on, const found_secret& found, ownership seen);
  void look_at(sync::inspection& destination, const location& where, const found_secret& found,
               const vault_etag& recorded);
  void could_not_look(const trouble& why, const std::string& sentence);
  /// What the answer to a read tells beside: how long it is there, and whether the server lost
  /// something.
  void notice(const location& where, const found_secret& found,
              const std::optional<vault_etag>& recorded);
  void report(sync::sink_news what) const;
  void recovered();
  task<> watch_cluster();
  task<> watch_expiry();
  void tell_of_expiry(const kept_version& how);
  sync::delivered wrote(job& on, const written_version& made, sync::write_result how);
  sync::delivered arrived(job& on, std::uint64_t version, sync::write_result how);

  const config::vault_sink_settings settings_;
  const bool deletes_;  ///< what it wrote for a workspace that left
  const std::vector<config::template_part> path_;
  const payload payload_;
  const fingerprinter& prints_;
  clock& time_;
  const std::function<void(log_level level, const std::string& sentence)> tell_;
  std::function<void(sync::sink_news what)> listener_;  ///< of report_to(); empty: nobody
  std::map<cause, steady_time> not_seen_told_;  ///< why looks failed, and when that was told
  bool look_failed_ = false;                    ///< since one that saw everything
  steady_time suspects_again_at_ = steady_time::min();
  version_expiry expiry_;
  std::unique_ptr<sleeper> expiry_alarm_;
  bool told_of_expiry_ = false;
  access access_;
  signer signer_;
};

}  // namespace tokensyncd::sinks::vault
