#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/values.hpp"
#include "config/yaml/section.hpp"

/// Readers of the configuration's sections: each reports what is wrong and fills in what is right.
namespace tokensyncd::config {

void read_partner(const node& value, reading& from, partner_settings& target);
void read_poll(const node& value, reading& from, poll_settings& target);
void read_admin(const node& value, reading& from, admin_settings& target);
void read_webhook(const node& value, reading& from, std::optional<webhook_settings>& target);
void read_state(const node& value, reading& from, state_settings& target);
void read_audit(const node& value, reading& from, audit_settings& target);
void read_log(const node& value, reading& from, log_settings& target);
void read_metrics(const node& value, reading& from, metrics_settings& target);

/// The addresses under `listen`; `target` stays as it is where there are none. Whether all of them
/// are this machine's own (loopback).
bool read_listen(const section& in, std::vector<std::string>& target);

/// How often a workspace may be asked.
inline constexpr milliseconds shortest_interval{100};
inline constexpr milliseconds longest_interval{7 * 86'400'000};

/// All sinks, sorted by name.
void read_sinks(const node& value, reading& from, std::vector<sink>& target);

}  // namespace tokensyncd::config
