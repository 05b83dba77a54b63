#include "tests/support/canary.hpp"

#include <string>

#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {
namespace {

// The forms below come from python3's base64, binascii, urllib.parse and json.
constexpr std::string_view secret = R"(tla_c4n4ry>?/"x)";

bool finds(std::string_view bytes) {
  return !canary("token", secret).found_in(bytes, "here").empty();
}

TEST(canary, finds_every_form) {
  EXPECT_TRUE(finds(R"(x tla_c4n4ry>?/"x y)"));
  EXPECT_TRUE(finds("dGxhX2M0bjRyeT4/LyJ4"));
  EXPECT_TRUE(finds("dGxhX2M0bjRyeT4_LyJ4"));
  EXPECT_TRUE(finds("YXRsYV9jNG40cnk+Py8ieGI="));  // "a" before, "b" after
  EXPECT_TRUE(finds("YWF0bGFfYzRuNHJ5Pj8vInhi"));  // "aa" before
  EXPECT_TRUE(finds("746c615f63346e3472793e3f2f2278"));
  EXPECT_TRUE(finds("746C615F63346E3472793E3F2F2278"));
  EXPECT_TRUE(finds("tla_c4n4ry%3E%3F%2F%22x"));
  EXPECT_TRUE(finds("tla_c4n4ry%3E%3F/%22x"));
  EXPECT_TRUE(finds(R"("tla_c4n4ry>?/\"x")"));
  EXPECT_TRUE(finds(R"("tla_c4n4ry>?\/\"x")"));
}

TEST(canary, finds_nothing_where_nothing_is) {
  EXPECT_FALSE(finds("tla_c4n4ry, but not the rest"));
  EXPECT_FALSE(finds(""));
}

TEST(canary, looks_into_files_names_and_processes) {
  const temporary_directory destination;
  const canary token("token", "tla_in-a-file-name");
  std::filesystem::create_directory(destination.path() / "below");
  write_file(destination.path() / "below" / "holds", "x tla_in-a-file-name x");
  EXPECT_FALSE(token.found_below(destination.path()).empty());
  EXPECT_TRUE(
      token.found_below(destination.path(), {destination.path() / "below" / "holds"}).empty());
  const process child{
      {.path = "/bin/sleep", .arguments = {"60"}, .environment = {{"LEAK", "tla_in-a-file-name"}}}};
  EXPECT_FALSE(token.found_in_process(child.id()).empty());
  EXPECT_TRUE(token.found_in_process(::getpid()).empty());
}

}  // namespace
}  // namespace tokensyncd::tests
