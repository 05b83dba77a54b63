#include <string>
#include <vector>

#include "tests/support/canary.hpp"
#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

class secrets_test : public testing::Test {
 protected:
  void look_everywhere(const canary& one) {
    for (const auto& path : {"/metrics", "/status", "/readyz", "/livez", "/startupz"})
      note(one.found_in(daemon_.ask(path).body, path));
    note(one.found_in(daemon_.all_output(), "the output"));
    note(one.found_below(daemon_.directory(), {daemon_.token_file("acme"), daemon_.secret_file()}));
    note(one.found_in_process(daemon_.running().id()));
  }
  void note(const std::vector<std::string>& found) {
    for (const auto& sentence : found) ADD_FAILURE() << sentence;
  }

  std::string secret_ = "p4rtner>?/\"s3cret\\&+canary";
  sandbox api_{{.workspaces = {"acme"}, .partner_secret = secret_}};
  daemon daemon_{api_, {.workspaces = {"acme"}, .more = "audit: {file: audit.jsonl}\n"}};
};

TEST_F(secrets_test, no_token_and_no_partner_secret_shows_anywhere_in_any_form) {
  api_.rotate_to("acme", canary_token(1));
  daemon_.start();
  ASSERT_TRUE(eventually([this] { return daemon_.delivered("acme") == canary_token(1); }));
  api_.rotate_to("acme", canary_token(2));
  (void)daemon_.ask("/-/sync", "POST");
  ASSERT_TRUE(eventually([this] { return daemon_.delivered("acme") == canary_token(2); }));

  // The worst answers: those that hold a token and fail.
  for (const auto* how : {"trailing", "duplicate_token", "gzip", "truncated", "array"}) {
    api_.rotate_to("acme", canary_token(3));
    api_.when("acme").malformed(how).times(1);
    const auto before = api_.count("acme", "gets");
    (void)daemon_.ask("/-/sync", "POST");
    ASSERT_TRUE(eventually([&] { return api_.count("acme", "gets") > before; })) << how;
  }
  EXPECT_NE(read_file(daemon_.directory() / "audit.jsonl").find("acme"), std::string::npos);
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"status"}, {"status", "--json"}, {"check"}, {"plan"}}) {
    (void)daemon_.command(words);
  }
  for (unsigned number = 1; number <= 3; ++number)
    look_everywhere({"token " + std::to_string(number), canary_token(number)});
  look_everywhere({"Partner Secret", secret_});
  const auto head = api_.heads().back();
  const auto at = head.find("Bearer ") + 7;
  look_everywhere({"JWT", head.substr(at, head.find('\r', at) - at)});
}

}  // namespace
}  // namespace tokensyncd::tests
