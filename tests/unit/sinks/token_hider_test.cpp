#include "daemon/sinks/exec/token_hider.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::sinks {
namespace {

constexpr std::string_view uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";
constexpr std::string_view other = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// Knows some tokens as the engine does: by asking about a whole text, and by their lengths.
struct a_token_hider : testing::Test {
  std::string hide(std::string_view line) { return hide(line, line.size()); }
  std::string hide(std::string_view line, std::size_t shown) {
    token_hider made{known};
    return made.hide(line, shown);
  }

  std::set<std::string, std::less<>> tokens{std::string(uuid), std::string(other)};
  std::size_t asked = 0;
  const sync::token_test known{[this](std::string_view text) {
                                 ++asked;
                                 return tokens.contains(text);
                               },
                               [this] {
                                 std::set<std::uint16_t> lengths;
                                 for (const auto& each : tokens)
                                   lengths.insert(static_cast<std::uint16_t>(each.size()));
                                 return std::vector<std::uint16_t>(lengths.begin(), lengths.end());
                               }};
};

TEST_F(a_token_hider, finds_tokens_that_are_glued_together) {
  const auto both = std::string(uuid) + std::string(other);
  EXPECT_EQ(hide(both), "…");
  EXPECT_EQ(hide(both + both + "end"), "…end");
  EXPECT_EQ(hide("acme: " + both), "acme: …");
}

TEST_F(a_token_hider, finds_a_token_in_the_middle_of_a_word) {
  for (const std::string_view before : {"token_", "pre", "a", "0", "-", "\xC3\xBC", "%", "\\n"}) {
    for (const std::string_view after : {"", "_end", "x", "\xC3\xBC", "=", "\t"}) {
      const auto line = std::string(before) + std::string(uuid) + std::string(after);
      EXPECT_EQ(hide(line), std::string(before) + "…" + std::string(after));
    }
  }
}

TEST_F(a_token_hider, finds_tokens_of_every_length_and_of_every_kind) {
  tokens = {"x", "a b,c", "{\"k\":1}", std::string(4096, 'y'), "\xF0\x9F\x94\x91\xF0\x9F\x94\x91"};
  EXPECT_EQ(hide("one x two"), "one … two");
  EXPECT_EQ(hide("exit"), "e…it") << "a token of one byte costs its letter everywhere";
  EXPECT_EQ(hide("[a b,c]"), "[…]");
  EXPECT_EQ(hide("<{\"k\":1}>"), "<…>");
  EXPECT_EQ(hide("-" + std::string(4096, 'y') + "-"), "-…-");
  EXPECT_EQ(hide("-" + std::string(5000, 'y') + "-"), "-…-") << "wherever in it one may begin";
  EXPECT_EQ(hide("-" + std::string(4095, 'y') + "-"), "-" + std::string(4095, 'y') + "-");
  EXPECT_EQ(hide("k\xF0\x9F\x94\x91\xF0\x9F\x94\x91k"), "k…k");
}

TEST_F(a_token_hider, finds_tokens_that_overlap) {
  tokens = {"abcdefgh", "efghijkl", "cd"};
  EXPECT_EQ(hide("-abcdefghijkl-"), "-…-");
  EXPECT_EQ(hide("-abcdefghcd-"), "-…-");
  EXPECT_EQ(hide("-bcdefghijk-"), "-b…efghijk-");
}

TEST_F(a_token_hider, shows_no_part_of_a_token_that_goes_on_behind_what_is_shown) {
  const auto line = "head " + std::string(uuid) + " tail " + std::string(other);
  for (std::size_t shown = 6; shown <= 5 + uuid.size(); ++shown)
    EXPECT_EQ(hide(line, shown), "head …") << shown;
  EXPECT_EQ(hide(line, 5), "head ");
  EXPECT_EQ(hide(line, 5 + uuid.size() + 2), "head … t");
}

TEST_F(a_token_hider, leaves_what_is_no_token) {
  for (const std::string_view line :
       {"", " ", "reloaded app", "0f8fad5b-d9cb-469f-a165-70867728950", "\x1b[1mbold\x1b[0m"})
    EXPECT_EQ(hide(line), line);
}

TEST_F(a_token_hider, looks_at_no_more_than_it_is_allowed_to_and_shows_nothing_behind_it) {
  tokens.clear();
  for (std::size_t length = 1; length <= 64; ++length) tokens.insert(std::string(length, '#'));
  token_hider made{known};
  const std::string line(1024, '.');
  std::size_t whole = 0;
  std::string last;
  for (int i = 0; i < 200; ++i) {
    last = made.hide(line, line.size());
    if (last == line) ++whole;
  }
  EXPECT_EQ(whole, token_hider::most_tries / (1024 * 64 - 63 * 64 / 2));
  EXPECT_EQ(last, "…");
  EXPECT_LE(asked, token_hider::most_tries + 3 * 200);
}

TEST_F(a_token_hider, tries_nothing_where_no_length_is_known) {
  const sync::token_test none;
  token_hider made{none};
  const std::string line(16 * 1024, 'x');
  EXPECT_EQ(made.hide(line, line.size()), line);
}

bool is_t0ken(std::string_view word) {
  return word == "t0ken" || word == "tok=en";
}

const sync::token_test short_ones{is_t0ken};

TEST(without_tokens, leaves_words_that_are_none) {
  EXPECT_EQ(without_tokens("", short_ones), "");
  EXPECT_EQ(without_tokens("  a t0kens b  ", short_ones), "  a t0kens b  ");
}

TEST(without_tokens, knows_a_token_between_quotes_brackets_and_after_a_name) {
  EXPECT_EQ(without_tokens("t0ken", short_ones), "…");
  EXPECT_EQ(without_tokens("{\"token\":\"t0ken\"}", short_ones), "{\"token\":\"…\"}");
  EXPECT_EQ(without_tokens("A=t0ken tok=en B=tok=en", short_ones), "A=… … B=…");
}

bool is_long_token(std::string_view word) {
  return word == "t0ken-0123_abc";
}

const sync::token_test long_one{is_long_token};

TEST(without_tokens, knows_a_token_beside_what_else_is_no_part_of_one) {
  const std::string token = "t0ken-0123_abc";
  const auto shown = [&](const std::string& before, const std::string& after) {
    return without_tokens(before + token + after, long_one);
  };
  EXPECT_EQ(shown("token:", ""), "token:…");
  EXPECT_EQ(shown("http://host/?token=", "&x=1"), "http://host/?token=…&x=1");
  EXPECT_EQ(shown("a=b=", ""), "a=b=…");
  EXPECT_EQ(shown("\\\"", "\\\""), "\\\"…\\\"");
  EXPECT_EQ(shown("user:", "@host"), "user:…@host");
  EXPECT_EQ(shown("It is ", "."), "It is ….");
  EXPECT_EQ(shown("two\\n", "\\n"), "two\\n…\\n");
  EXPECT_EQ(shown("token%3D", "%26"), "token%3D…%26");
  EXPECT_EQ(shown("", ":" + token), "…:…");
  EXPECT_EQ(shown("longer-", ""), "longer-" + token) << "another word";
}

TEST(without_tokens, knows_a_token_in_colour) {
  const std::string token = "t0ken-0123_abc";
  const auto shown = [&](const std::string& before) {
    return without_tokens(before + token + "\x1b(B\x1b[m end", long_one);
  };
  EXPECT_EQ(shown("\x1b[1;31m"), "\x1b[1;31m…\x1b(B\x1b[m end");
  EXPECT_EQ(shown("\x1b(B"), "\x1b(B…\x1b(B\x1b[m end");
  EXPECT_EQ(shown("\x1b"
                  "c"),
            "\x1b"
            "c…\x1b(B\x1b[m end");
  EXPECT_EQ(shown("\x1b"), "\x1b…\x1b(B\x1b[m end");
  for (const std::string begun : {"\x1b", "\x1b[", "\x1b[3", "\x1b[3 ", "\x1b("})
    EXPECT_EQ(without_tokens(begun, long_one), begun);
}

TEST_F(a_token_hider, hides_the_daemons_own_secrets_too) {
  secret partner{"s3cret canary+/="};
  const secret brief{"short"};
  const auto both =
      with_secrets(known, [&] { return std::vector<const secret*>{&partner, &brief}; });
  token_hider hider{both};
  const std::string line = "curl -u x" + std::string{partner.reveal()} + "y " + std::string(uuid);
  EXPECT_EQ(hider.hide(line, line.size()), "curl -u x…y …");
  EXPECT_EQ(hider.hide("short", 5), "short") << "it would be found in every other word";
  partner = secret{"one that is newer"};
  EXPECT_EQ(hider.hide("one that is newer", 17), "…");
  const auto alone = with_secrets(known, {});
  EXPECT_TRUE(alone.is_token(uuid));
}

}  // namespace
}  // namespace tokensyncd::sinks
