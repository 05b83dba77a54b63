#include "config/text_template.hpp"

#include <gtest/gtest.h>

namespace tokensyncd::config {
namespace {

using parts = std::vector<template_part>;

parts content(std::string_view text) {
  auto parsed = parse_template(text, template_use::content);
  return std::get<parts>(parsed);
}

std::size_t error_at(std::string_view text, template_use use = template_use::content) {
  return std::get<template_error>(parse_template(text, use)).offset;
}

TEST(text_template, splits_literals_and_placeholders_in_order) {
  const parts expected{{placeholder::literal, quoting::none, "T="},
                       {placeholder::token, quoting::shell, ""},
                       {placeholder::literal, quoting::none, "\n"}};
  EXPECT_EQ(content("T={token|shell}\n"), expected);
}

TEST(text_template, knows_every_placeholder_and_both_quotings) {
  const parts expected{{placeholder::token, quoting::json, ""},
                       {placeholder::workspace, quoting::none, ""},
                       {placeholder::rotated_at, quoting::json, ""},
                       {placeholder::generation, quoting::none, ""},
                       {placeholder::label, quoting::shell, "a-b.c"}};
  EXPECT_EQ(content("{token|json}{workspace}{rotated_at|json}{generation}{label.a-b.c|shell}"),
            expected);
}

TEST(text_template, takes_doubled_braces_as_braces_of_one_literal) {
  const parts expected{{placeholder::literal, quoting::none, "a{b}c"}};
  EXPECT_EQ(content("a{{b}}c"), expected);
  EXPECT_TRUE(content("").empty());
}

TEST(text_template, says_where_it_is_wrong) {
  EXPECT_EQ(error_at("ab{"), 2U);
  EXPECT_EQ(error_at("ab}"), 2U);
  EXPECT_EQ(error_at("a{tokn}"), 1U);
  EXPECT_EQ(error_at("a{token|xml}"), 1U);
  EXPECT_EQ(error_at("{label.}"), 0U);
  EXPECT_EQ(error_at("{label.a/b}"), 0U);
  EXPECT_EQ(error_at("{}"), 0U);
}

TEST(text_template, allows_in_a_path_only_what_is_no_secret_and_does_not_change) {
  EXPECT_EQ(error_at("/t/{token}", template_use::path), 3U);
  EXPECT_EQ(error_at("/t/{generation}", template_use::path), 3U);
  EXPECT_EQ(error_at("/t/{workspace|json}", template_use::path), 3U);
}

TEST(text_template, takes_in_a_hooks_command_a_name_in_braces_alone_for_a_placeholder) {
  const auto hook = [](std::string_view text) {
    return std::get<parts>(parse_template(text, template_use::hook));
  };
  const parts expected{
      {placeholder::literal, quoting::none, "f() { awk '{ print $1 }' ${X} {a,b} "},
      {placeholder::workspace, quoting::none, ""},
      {placeholder::literal, quoting::none, "."},
      {placeholder::label, quoting::none, "customer"},
      {placeholder::literal, quoting::none, " {{.Names}} {{end}} {} }"}};
  EXPECT_EQ(hook("f() { awk '{ print $1 }' ${X} {a,b} {workspace}.{label.customer} {{.Names}} "
                 "{{end}} {} }"),
            expected);
  for (const char* refused : {"x{token}", "x{generation}", "x{rotated_at}", "x{worksapce}",
                              "x{workspace|json}", "x{label.}"})
    EXPECT_EQ(error_at(refused, template_use::hook), 1U) << refused;
}

TEST(find_placeholder, finds_what_would_be_one_in_a_template) {
  EXPECT_EQ(find_placeholder("a{x}{workspace}"), "{workspace}");
  EXPECT_EQ(find_placeholder("{a{label.b}"), "{label.b}");
  EXPECT_EQ(find_placeholder("{token|json}"), "{token|json}");
  for (const char* none : {"", "{", "{}", "a}", "{x}", "{workspace", "${NAME}", "{ workspace }"})
    EXPECT_EQ(find_placeholder(none), "") << none;
}

TEST(expand_path, puts_in_the_workspace_and_its_labels) {
  const auto parsed = parse_template("/t/{label.customer}/{workspace}.{{x}}", template_use::path);
  const labels all{{"a", "1"}, {"customer", "acme"}};
  EXPECT_EQ(expand_path(std::get<parts>(parsed), "w1", all), "/t/acme/w1.{x}");
}

TEST(find_label, finds_what_is_there_and_nothing_else) {
  const labels all{{"a", "1"}, {"c", ""}};
  EXPECT_EQ(find_label(all, "a"), "1");
  EXPECT_EQ(find_label(all, "c"), "");
  EXPECT_EQ(find_label(all, "b"), std::nullopt);
}

}  // namespace
}  // namespace tokensyncd::config
