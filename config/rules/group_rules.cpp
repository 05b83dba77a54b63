#include "config/rules/group_rules.hpp"

#include <cstddef>
#include <string>

namespace tokensyncd::config {
namespace {

/// Whether `after` is found before the end of an id that it follows.
bool is_found_early(std::string_view id, std::string_view after) {
  return (std::string{id}.append(after)).find(after) < id.size();
}

/// Whether `before` is found behind the beginning of an id that follows it.
bool is_found_late(std::string_view before, std::string_view id) {
  return (std::string{before}.append(id)).rfind(before) != 0;
}

}  // namespace

std::string_view ambiguous_beside(std::string_view id, const std::vector<template_part>& entry) {
  for (std::size_t i = 0; i != entry.size(); ++i) {
    // Quotes are escaped in what stands between them.
    const bool is_bare = entry[i].quote == quoting::none || entry[i].quote == quoting::env;
    if (entry[i].what != placeholder::workspace || !is_bare) {
      continue;
    }
    // What the entry begins or ends with has one place only.
    if (i > 1 && is_found_late(entry[i - 1].text, id)) {
      return entry[i - 1].text;
    }
    if (i + 2 < entry.size() && is_found_early(id, entry[i + 1].text)) {
      return entry[i + 1].text;
    }
  }
  return {};
}

}  // namespace tokensyncd::config
