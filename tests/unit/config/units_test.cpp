#include "config/units.hpp"

#include <gmock/gmock.h>

#include "config/rules/addresses.hpp"
#include "config/yaml/nearest_name.hpp"
#include "config/yaml/scalar_type.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;

TEST(duration, reads_whole_numbers_with_their_unit_and_prints_the_shortest) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("3650d"), 24h * 3650);
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(120s), "2m");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(0ms), "0s");
}

TEST(duration, refuses_everything_else) {
  for (const auto* text : {"", "5", "s", "-5s", "+5s", "5 s", "1.5s", "5S", "5m30s", "3651d",
                           "9999999999999999999s", "18446744073709551616ms"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(rate, reads_and_prints_calls_per_second) {
  EXPECT_EQ(parse_rate("20/s"), 20);
  EXPECT_EQ(parse_rate("600/m"), 10);
  EXPECT_EQ(parse_rate("36/h"), 0.01);
  EXPECT_EQ(parse_rate("0.5/s"), 0.5);
  EXPECT_EQ(parse_rate("off"), 0);
  EXPECT_EQ(format_rate(20), "20/s");
  EXPECT_EQ(format_rate(0), "off");
  EXPECT_EQ(parse_rate(format_rate(100.0 / 60)), 100.0 / 60);
  for (const auto* text : {"", "20", "/s", "0/s", "-1/s", "1e3/s", "inf/s", "nan/s", ".5/s", "5./s",
                           "1.2.3/s", "20/d", "20/s ", "100001/s", "Off"}) {
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
  }
}

TEST(rate, is_written_in_the_unit_in_which_it_is_shortest) {
  EXPECT_EQ(format_rate(1.0 / 60), "1/m");
  EXPECT_EQ(format_rate(100.0 / 60), "100/m");
  EXPECT_EQ(format_rate(1.0 / 3600), "1/h");
  EXPECT_EQ(format_rate(0.5), "30/m");
}

TEST(number, of_very_little_is_not_written_as_nothing) {
  EXPECT_EQ(format_number(0.00333), "0.0033");
  EXPECT_EQ(format_number(0), "0");
}

TEST(percentage, reads_zero_to_a_hundred) {
  EXPECT_EQ(parse_percentage("10%"), 0.1);
  EXPECT_EQ(parse_percentage("0%"), 0);
  EXPECT_EQ(parse_percentage("100%"), 1);
  EXPECT_EQ(format_percentage(0.125), "12.5%");
  for (const auto* text : {"", "%", "10", "-1%", "101%", "1 %", "10%%"}) {
    EXPECT_EQ(parse_percentage(text), std::nullopt) << text;
  }
}

TEST(mode, reads_octal_of_three_or_four_digits) {
  EXPECT_EQ(parse_mode("0640"), 0640U);
  EXPECT_EQ(parse_mode("600"), 0600U);
  EXPECT_EQ(format_mode(0640), "0640");
  for (const auto* text : {"", "64", "4640", "0980", "0o640", "06400", "-640", "u=rw"}) {
    EXPECT_EQ(parse_mode(text), std::nullopt) << text;
  }
}

TEST(host, tells_names_and_addresses_from_the_rest) {
  for (const auto* text : {"localhost", "a-b.example", "10.0.0.1", "::1", "3com.test"}) {
    EXPECT_TRUE(is_host(text)) << text;
  }
  for (const std::string_view text :
       {"", ".", "a..b", "-a", "a-", "a_b", "10.0.0.256", "a b", "a.", "1.2.3.4.5"}) {
    EXPECT_FALSE(is_host(text)) << text;
  }
  EXPECT_FALSE(is_host(std::string_view{"127.0.0.1\0x", 11}));
}

TEST(server, is_an_origin_and_without_tls_on_loopback_alone) {
  for (const auto* url : {"https://v", "https://v.test:8200", "https://[::1]:1", "http://127.0.0.1",
                          "http://[::1]:8200", "http://LocalHost:8200"}) {
    EXPECT_EQ(url_trouble(url, url_kind::server), "") << url;
  }
  for (const auto* url :
       {"", "v", "https://", "https://v/", "https://v/x", "https://v?", "https://v#", "https://u@v",
        "http://v", "http://[::2]", "http://128.0.0.1", "ftp://v", "http://127.0.0.1.test",
        "http://127.0.0.1@v", "https://v:0"}) {
    EXPECT_NE(url_trouble(url, url_kind::server), "") << url;
  }
}

TEST(server, has_one_way_to_be_written) {
  EXPECT_EQ(canonical_server("https://V.Test:443"), "https://v.test");
  EXPECT_EQ(canonical_server("http://LOCALHOST:0080"), "http://localhost");
  EXPECT_EQ(canonical_server("http://localhost:443"), "http://localhost:443");
  EXPECT_EQ(canonical_server("https://v:08200"), "https://v:8200");
  EXPECT_EQ(canonical_server("https://[2001:DB8:0:0::1]:8200"), "https://[2001:db8::1]:8200");
}

TEST(nearest_name, finds_the_likely_one_and_none_where_none_is_near) {
  constexpr std::string_view known[] = {"interval", "jitter", "id"};
  EXPECT_EQ(nearest_name("intreval", known), "interval");
  EXPECT_EQ(nearest_name("jiter", known), "jitter");
  EXPECT_EQ(nearest_name("ids", known), "id");
  EXPECT_EQ(nearest_name("frequency", known), "");
  EXPECT_EQ(nearest_name("", known), "");
  EXPECT_EQ(nearest_name(std::string(100'000, 'x'), known), "");
  EXPECT_EQ(printable("a\x1b[31m\xff"), "a?[31m?");
}

TEST(plain_type, is_that_of_yaml_1_2) {
  for (const auto* text :
       {"1", "-1", "+1.5", "1.", ".5", "1e3", "0o17", "0x1F", ".inf", "-.INF", ".nan", "0640"}) {
    EXPECT_EQ(plain_type(text), scalar_type::number) << text;
  }
  for (const auto* text : {"true", "False", "TRUE"}) {
    EXPECT_EQ(plain_type(text), scalar_type::boolean) << text;
  }
  for (const auto* text : {"yes", "off", "tRue", "1.2.3", "12:30", "1e", "e3", ".", "-", "1_000",
                           "0x", "0o8", "20/s", "2020-01-01"}) {
    EXPECT_EQ(plain_type(text), scalar_type::text) << text;
  }
}

}  // namespace
}  // namespace tokensyncd::config
