#include "daemon/sinks/content.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.hpp"
#include "tests/support/times.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;

/// Tokens that every way of quoting has something to do with; none has a control character, which
/// no token may have.
const std::array<std::string, 9> awkward{"plain",
                                         "with 'single' and \"double\" quotes",
                                         "back\\slash\\\\and\\",
                                         "$HOME `id` $(id) ${X}",
                                         " leading and trailing ",
                                         "#;&|<>*?[]~!%^(){}",
                                         "=a=b",
                                         "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x91",
                                         "it's \\\"$`mixed"};

secret render(const config::file_sink_settings& settings, const std::string& token,
              std::optional<wall_time> when = rotated, const config::labels& labels = {}) {
  const revision what{7, {}, when};
  return content{settings}.render({"ac\"me", labels}, what, secret{token});
}

config::file_sink_settings with_template(std::string text) {
  config::file_sink_settings settings;
  settings.format = config::file_format::text_template;
  settings.text_template = std::move(text);
  return settings;
}

/// What a command prints.
std::string output_of(const std::string& command) {
  std::string all;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 256> piece;
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), pipe))
    all.append(piece.data(), got);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return all;
}

TEST(content, raw_is_the_token_alone) {
  for (const std::string& token : awkward) EXPECT_EQ(render({}, token).reveal(), token);
}

TEST(content, json_is_one_object_with_what_is_known) {
  config::file_sink_settings settings;
  settings.format = config::file_format::json;
  EXPECT_EQ(render(settings, "a\"b\\c/\xC3\xA4").reveal(),
            "{\"workspace_id\":\"ac\\\"me\",\"token\":\"a\\\"b\\\\c/\xC3\xA4\","
            "\"rotated_at\":\"2026-11-23T22:43:05Z\"}\n");
  EXPECT_EQ(render(settings, "t", std::nullopt).reveal(),
            "{\"workspace_id\":\"ac\\\"me\",\"token\":\"t\",\"rotated_at\":null}\n");
}

TEST(content, a_posix_shell_reads_env_back) {
  const temporary_directory directory;
  const auto file = (directory / "env").string();
  config::file_sink_settings settings;
  settings.format = config::file_format::env;
  for (const std::string& token : awkward) {
    std::ofstream{file} << render(settings, token).reveal();
    EXPECT_EQ(output_of("sh -c '. " + file + "; printf %s \"$TIMELINES_TOKEN\"'"), token);
    EXPECT_EQ(output_of("sh -c '. " + file + "; printf %s \"$TIMELINES_WORKSPACE_ID\"'"), "ac\"me");
  }
}

TEST(content, env_quotes_only_what_a_reader_could_take_for_something_else) {
  config::file_sink_settings settings;
  settings.format = config::file_format::env;
  const auto line = [&settings](const std::string& token) {
    const secret whole = render(settings, token);
    const std::string text{whole.reveal()};
    return text.substr(text.find('\n') + 1);
  };
  EXPECT_EQ(line("aZ09-._/+:@%"), "TIMELINES_TOKEN=aZ09-._/+:@%\n");
  for (const char c : std::string{" =~,#\"'\\$`!&|;<>()[]{}*?^"}) {
    const std::string token = std::string{"a"} + c;
    EXPECT_THAT(line(token), testing::StartsWith("TIMELINES_TOKEN=\"a")) << c;
  }
  EXPECT_EQ(render(with_template("{token|env} {rotated_at|env}\n"), "a", std::nullopt).reveal(),
            "a \n");
}

/// Else an upgrade would take every file of an earlier version for drift, and write it again.
TEST(content, env_counts_as_the_same_where_an_earlier_version_quoted_it) {
  config::file_sink_settings settings;
  settings.format = config::file_format::env;
  const config::labels none;
  const auto before =
      with_template("TIMELINES_WORKSPACE_ID={workspace|shell}\nTIMELINES_TOKEN={token|shell}\n");
  const auto other =
      with_template("TIMELINES_WORKSPACE_ID={workspace|env}\nTIMELINES_TOKEN={token|env}\n");
  EXPECT_EQ(content{settings}.shape({"acme", none}), content{before}.shape({"acme", none}));
  EXPECT_NE(content{other}.shape({"acme", none}), content{before}.shape({"acme", none}));
}

/// systemd's rules for EnvironmentFile= (systemd.exec(5)), as far as double quotes go: a backslash
/// stands for itself unless one of `"\$` or a backtick follows.
std::string systemd_reads(std::string_view line) {
  const std::size_t start = line.find("=\"");
  std::string value;
  for (std::size_t i = start + 2; i < line.size(); ++i) {
    if (line[i] == '"') {
      EXPECT_EQ(line.substr(i), "\"\n");
      break;
    }
    const bool escapes = line[i] == '\\' && i + 1 < line.size() &&
                         std::string_view{"\"\\`$"}.find(line[i + 1]) != std::string_view::npos;
    if (escapes) ++i;
    value += line[i];
  }
  return value;
}

TEST(content, systemd_reads_env_back) {
  for (const std::string& token : awkward) {
    const secret line = render(with_template("TIMELINES_TOKEN={token|shell}\n"), token);
    EXPECT_EQ(systemd_reads(line.reveal()), token);
  }
}

TEST(content, templates_take_every_placeholder) {
  const config::labels labels{{"customer", "a b"}};
  const auto settings = with_template(
      "{{{workspace}}} {token|json} {rotated_at} {rotated_at|json} {generation} "
      "{generation|json} {generation|shell} {label.customer|shell} {label.none}.");
  EXPECT_EQ(render(settings, "t\"", rotated, labels).reveal(),
            "{ac\"me} \"t\\\"\" 2026-11-23T22:43:05Z \"2026-11-23T22:43:05Z\" 7 7 \"7\" \"a b\" .");
  EXPECT_EQ(render(with_template("[{rotated_at}] {rotated_at|json} {rotated_at|shell}"), "t",
                   std::nullopt)
                .reveal(),
            "[] null \"\"");
}

TEST(content, knows_whether_it_follows_the_revision) {
  config::file_sink_settings settings;
  EXPECT_FALSE(content{settings}.follows_revision());
  settings.format = config::file_format::env;
  EXPECT_FALSE(content{settings}.follows_revision());
  settings.format = config::file_format::json;
  EXPECT_TRUE(content{settings}.follows_revision());
  EXPECT_TRUE(content{with_template("{token}{generation}")}.follows_revision());
  EXPECT_FALSE(content{with_template("{token}{workspace}")}.follows_revision());
}

TEST(content, its_shape_tells_templates_and_their_labels_apart) {
  const config::labels none;
  const config::labels blue{{"x", "blue"}};
  const config::labels red{{"x", "red"}};
  const content plain{with_template("{token}")};
  EXPECT_EQ(plain.shape({"a", none}), content{config::file_sink_settings{}}.shape({"a", none}));
  EXPECT_EQ(plain.shape({"a", blue}), plain.shape({"a", red}));
  EXPECT_NE(plain.shape({"a", none}), content{with_template("{token|json}")}.shape({"a", none}));
  EXPECT_NE(plain.shape({"a", none}), content{with_template("{token}\n")}.shape({"a", none}));
  const content labelled{with_template("{token}{label.x}")};
  EXPECT_NE(labelled.shape({"a", blue}), labelled.shape({"a", red}));
}

TEST(content, long_tokens_are_whole) {
  const std::string token(4096, '"');
  const secret text = render(with_template("{token|json}"), token);
  EXPECT_EQ(text.size(), 2 + 2 * token.size());
}

}  // namespace
}  // namespace tokensyncd::sinks
