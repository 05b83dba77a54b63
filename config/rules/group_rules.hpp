#pragma once

#include <string_view>
#include <vector>

#include "config/text_template.hpp"

namespace tokensyncd::config {

/// What stands directly before or after a workspace's id in the entries of a group's file, where
/// the id would be taken for another one together with it: with `{workspace} {token}` an entry of
/// `acme prod` begins like one of `acme`. Empty where nothing does. `entry` is an entry's template.
[[nodiscard]] std::string_view ambiguous_beside(std::string_view id,
                                                const std::vector<template_part>& entry);

}  // namespace tokensyncd::config
