#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/text_template.hpp"
#include "config/values.hpp"
#include "config/yaml/section.hpp"

/// The kinds of sink, one reader each, and what they share; read_sinks() chooses.
namespace tokensyncd::config {

[[nodiscard]] sink read_file_sink(const node& value, const std::string& name, reading& from);
[[nodiscard]] sink read_vault_sink(const node& value, const std::string& name, reading& from);

/// `group_by`, `header`, `separator` and `footer`, after all other keys of the file sink.
void read_grouping(const section& in, file_sink_settings& target);

/// `auth` of the Vault sink `sink`.
void read_vault_auth(const node& value, const std::string& sink, reading& from,
                     vault_auth_settings& target);

/// Names between slashes, as a Vault mount or namespace is written; one slash at its end, as Vault
/// shows them, is taken away. False where it was refused.
bool read_slash_path(const section& in, std::string_view key, std::string& target);

/// `required`, `on_remove` and `on_change`.
void read_shared_sink_keys(const section& in, reading& from, sink& target);

/// The parts of `text`, which stands at `value` under `key`; none where it is no template, which is
/// reported.
[[nodiscard]] std::optional<std::vector<template_part>> read_template_parts(const section& in,
                                                                            const node& value,
                                                                            std::string_view key,
                                                                            std::string_view text,
                                                                            template_use use);

/// Whether {token} is one of them.
[[nodiscard]] bool writes_token(const std::vector<template_part>& parts);

}  // namespace tokensyncd::config
