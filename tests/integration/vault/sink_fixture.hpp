#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/sinks/file/commit/system_calls.hpp"
#include "daemon/sinks/vault/login/unwrapped_secrets.hpp"
#include "daemon/sinks/vault/vault_sink.hpp"
#include "daemon/sinks/writer_identity.hpp"
#include "tests/integration/vault/vault_desk.hpp"

namespace tokensyncd::sinks::vault {

inline constexpr auto mount = "sys/internal/ui/mounts/secret/t/acme";
inline constexpr auto data = "secret/data/t/acme";
inline constexpr auto metadata_path = "secret/metadata/t/acme";
inline constexpr auto never_written = R"({"errors":[]})";
inline constexpr auto forbidden = R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})";

inline std::string written(int version) {
  return R"({"data":{"version":)" + std::to_string(version) + "}}";
}

/// A read's answer: `custom` is the custom metadata, none for a server that doesn't tell it.
inline std::string holds(const std::string& fields, int version, const std::string& custom = "") {
  const std::string told = custom.empty() ? "" : R"("custom_metadata":)" + custom + ",";
  return R"({"data":{"data":)" + fields + R"(,"metadata":{)" + told +
         R"("deletion_time":"","destroyed":false,"version":)" + std::to_string(version) + "}}}";
}

/// A sink with a token of a file and one member, `token`, on a mount of KV version 2.
class vault_sink_alone : public tests::vault_desk {
 protected:
  vault_sink_alone() {
    put("token", "s.root");
    kind_ = settings();
    kind_.mount = "secret";
    kind_.path = "t/{workspace}";
    kind_.data = {{"token", "{token}"}};
    kind_.auth.method = config::vault_auth_method::token;
    kind_.auth.token_file = directory_ / "token";
    vault_.now_on("auth/token/lookup-self", {200, R"({"data":{"ttl":0}})"});
    vault_.now_on(mount, {200, R"({"data":{"type":"kv","options":{"version":"2"}}})"});
    vault_.now_on(metadata_path, {403, forbidden});
  }

  vault_sink& open() {
    const auto tell = [this](log_level, const std::string&, const std::string& sentence) {
      told_.push_back(sentence);
    };
    const config::sink section{.name = "vault", .kind = kind_};
    const sink_context context{system_, identity_,  loop_,          clock_, rng_,
                               prints_, unwrapped_, "acme-partner", "t/1",  {tell}};
    sink_ = std::make_unique<vault_sink>(section, context);
    return *sink_;
  }

  /// Brings a token; what comes of it is recorded. Empty, or why it failed.
  std::string deliver(const std::string& token, std::uint32_t generation = 1) {
    return run(bring(token, generation));
  }
  task<std::string> bring(std::string token, std::uint32_t generation = 1) {
    const secret value{token};
    const revision what{generation, prints_.of(token), {}};
    uncertain_ = {};
    const sync::delivery_request order{{"acme", labels_}, what, value, present_, {}, {},
                                       &uncertain_};
    auto done = co_await sink_->deliver(order);
    if (!done) {
      failed_ = done.error().kind;
      co_return done.error().sentence;
    }
    present_ = sync::recorded{what.token, done->tag};
    co_return "";
  }
  /// Takes it away again, as recorded with `sign`; empty, or why that failed.
  std::string withdraw(const sync::etag& tag) {
    const sync::target whom{"acme", labels_};
    auto work = [&]() -> task<std::string> {
      const auto gone = co_await sink_->withdraw(whom, tag);
      co_return gone ? std::string{} : gone.error().sentence;
    };
    return run(work());
  }
  /// Opens the sink and has it write the first version.
  void write_first() {
    open();
    vault_.now_on(data, {404, never_written});
    vault_.on(data, {200, written(1)});
    ASSERT_EQ(deliver("one"), "");
  }
  void inspect(std::vector<sync::inspection>& destinations) {
    auto work = [&]() -> task<int> {
      co_await sink_->inspect(destinations);
      co_return 0;
    };
    run(work());
  }
  sync::destination_state look() {
    std::vector<sync::inspection> destinations{{{"acme", labels_}, present_->tag, 1}};
    inspect(destinations);
    return destinations.front().seen;
  }
  /// What the sink does by itself, until stop_all().
  void tend() { start(sink_->tend()); }
  /// Whether all of it waits: the login, its rights, the cluster, versions that end, signatures.
  [[nodiscard]] bool is_idle() const { return clock_.sleeping() == 5; }

  config::vault_sink_settings kind_;
  config::labels labels_;
  sinks::system_calls system_;
  sinks::writer_identity identity_{installation_key{1}};
  fingerprinter prints_{installation_key{2}};
  unwrapped_secrets unwrapped_{clock_};
  std::vector<std::string> told_;
  sync::etag uncertain_{};  ///< of what the last delivery may have left, although it failed
  std::optional<sync::recorded> present_;
  std::optional<failure_kind> failed_;
  std::unique_ptr<vault_sink> sink_;
};

}  // namespace tokensyncd::sinks::vault
