#include "daemon/runtime/crypto.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

std::vector<std::uint8_t> bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string hex(std::span<const std::uint8_t> data) {
  std::string text;
  for (const auto byte : data) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[byte >> 4U];
    text += digits[byte & 0xFU];
  }
  return text;
}

TEST(hmac_sha256, gives_the_value_of_rfc_4231_case_2_each_time) {
  const hmac_sha256 mac{bytes("Jefe")};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(hex(mac.of("what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  }
}

TEST(fingerprinter, tells_tokens_apart_under_one_key_and_keys_apart_for_one_token) {
  installation_key one{};
  installation_key other{};
  other[0] = 1;
  const fingerprinter first{one};
  const fingerprinter second{other};
  EXPECT_EQ(first.of("a"), first.of("a"));
  EXPECT_NE(first.of("a"), first.of("b"));
  EXPECT_NE(first.of("a"), second.of("a"));
  EXPECT_EQ(first.of("a").short_hex().size(), 12U);
}

TEST(body_hasher, gives_the_same_digest_for_the_same_bytes_alone) {
  const body_hasher hasher;
  const auto first = hasher.of("{\"token\":\"a\"}");
  EXPECT_NE(first, hasher.of("{\"token\":\"b\"}"));
  EXPECT_EQ(first, hasher.of("{\"token\":\"a\"}"));
  EXPECT_NE(first, body_hasher{}.of("{\"token\":\"a\"}"));
}

TEST(base64url, is_that_of_rfc_4648_without_padding) {
  EXPECT_EQ(base64url(bytes("")), "");
  EXPECT_EQ(base64url(bytes("f")), "Zg");
  EXPECT_EQ(base64url(bytes("fo")), "Zm8");
  EXPECT_EQ(base64url(bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(base64url(std::array<std::uint8_t, 2>{0xFB, 0xFF}), "-_8");
}

TEST(crypto, base64url_is_read_strictly) {
  // RFC 4648, section 10.
  for (const auto& [text, bytes] : {std::pair<std::string_view, std::string_view>{"", ""},
                                    {"Zg", "f"},
                                    {"Zm8", "fo"},
                                    {"Zm9v", "foo"},
                                    {"Zm9vYg", "foob"},
                                    {"-_-_", "\xFB\xFF\xBF"}}) {
    EXPECT_EQ(decode_base64url(text), std::string(bytes)) << text;
  }
  for (const std::string_view wrong :
       {"Z", "Zg=", "Zg==", "Zm9v\n", "Zm 9", "Zh", "Zm9", "+/+/", "Zm9vY", "Z\xC3\xA4"}) {
    EXPECT_FALSE(decode_base64url(wrong)) << wrong;
  }
}

TEST(crypto, compares_texts_of_the_same_length) {
  EXPECT_TRUE(same_in_constant_time("", ""));
  EXPECT_TRUE(same_in_constant_time("abc", "abc"));
  EXPECT_FALSE(same_in_constant_time("abc", "abd"));
  EXPECT_FALSE(same_in_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace tokensyncd
