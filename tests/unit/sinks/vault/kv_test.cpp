#include "daemon/sinks/vault/secret/kv.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/sinks/vault/replies.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using state = found_secret::state;
using tests::answer;

constexpr auto host = "vault.example";
constexpr auto v1 = engine_kind::v1;
constexpr auto v2 = engine_kind::v2;

/// What the transport gives for a status and a body.
outcome<reply> got(unsigned status, std::string_view body) {
  reply from = answer(status, body);
  if (auto refused = read_refusal(from, host, {})) return *std::move(refused);
  return from;
}

outcome<found_secret> read(engine_kind kind, unsigned status, std::string_view body) {
  return read_secret(kind, got(status, body), host);
}

void expect_malformed(const outcome<found_secret>& found, const std::string& body) {
  ASSERT_FALSE(found) << body;
  EXPECT_EQ(found.error().why, cause::malformed) << body;
  EXPECT_EQ(found.error().what.kind, failure_kind::malformed);
  EXPECT_EQ(found.error().what.sentence.find("canary"), std::string::npos);
}

TEST(kv_read, finds_nothing_where_nothing_was_ever_written) {
  for (const auto kind : {v1, v2}) {
    const auto found = read(kind, 404, R"({"errors":[]})");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->is, state::absent);
    EXPECT_EQ(found->version, 0U);
    EXPECT_EQ(found->fields(), nullptr);
  }
}

TEST(kv_read, knows_the_version_to_write_over_where_the_newest_is_deleted_or_destroyed) {
  for (const std::string end : {R"("deletion_time":"2026-11-23T20:17:53.045Z","destroyed":false)",
                                R"("deletion_time":"","destroyed":true)"}) {
    const auto found =
        read(v2, 404, R"({"data":{"data":null,"metadata":{)" + end + R"(,"version":3}}})");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->is, state::deleted);
    EXPECT_EQ(found->version, 3U);
    EXPECT_EQ(found->fields(), nullptr);
  }
}

TEST(kv_read, finds_the_members_of_a_secret_of_version_2) {
  const auto found = read(
      v2, 200,
      R"({"request_id":"","data":{"data":{"token":"tok-C"},"metadata":{"deletion_time":"","destroyed":false,"version":3}},"warnings":null})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->is, state::there);
  EXPECT_EQ(found->kind, v2);
  EXPECT_EQ(found->version, 3U);
  ASSERT_NE(found->fields(), nullptr);
  EXPECT_EQ(text_in(*found->fields(), "token"), "tok-C");
}

TEST(kv_read, finds_the_members_of_a_secret_of_version_1) {
  const auto found =
      read(v1, 200, R"({"lease_duration":2764800,"data":{"token":"tok-A","data":{"a":"b"}}})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->is, state::there);
  EXPECT_EQ(found->kind, v1);
  EXPECT_EQ(found->version, 0U);
  ASSERT_NE(found->fields(), nullptr);
  EXPECT_EQ(text_in(*found->fields(), "token"), "tok-A");
}

TEST(kv_read, keeps_its_members_when_it_is_moved) {
  auto found = read(v1, 200, R"({"data":{"token":"tok-A"}})");
  ASSERT_TRUE(found);
  const found_secret moved = std::move(*found);
  ASSERT_NE(moved.fields(), nullptr);
  EXPECT_EQ(text_in(*moved.fields(), "token"), "tok-A");
}

TEST(kv_read, reads_any_version_that_a_server_can_count_to) {
  const auto found =
      read(v2, 200, R"({"data":{"data":{},"metadata":{"version":18446744073709551615}}})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, std::numeric_limits<std::uint64_t>::max());
}

TEST(kv_read, believes_no_answer_that_a_kv_engine_does_not_give) {
  for (const std::string body :
       {"", "{}", "<html>canary</html>", R"({"data":null})", R"({"data":"canary"})",
        R"({"data":[]})", R"({"auth":{"client_token":"canary"}})"}) {
    expect_malformed(read(v1, 200, body), body);
    expect_malformed(read(v2, 200, body), body);
  }
  for (const std::string data :
       {R"({})", R"({"token":"canary"})", R"({"data":{"token":"canary"}})",
        R"({"data":{},"metadata":null})", R"({"data":{},"metadata":{}})",
        R"({"data":{},"metadata":[{"version":1}]})", R"({"data":{},"metadata":{"version":0}})",
        R"({"data":{},"metadata":{"version":-1}})", R"({"data":{},"metadata":{"version":"1"}})",
        R"({"data":{},"metadata":{"version":1.5}})", R"({"data":{},"metadata":{"version":1e3}})",
        R"({"data":{},"metadata":{"version":18446744073709551616}})",
        R"({"data":{},"metadata":{"version":null}})",
        R"({"data":"canary","metadata":{"version":1}})", R"({"data":[],"metadata":{"version":1}})",
        R"({"data":false,"metadata":{"version":1}})", R"({"metadata":{"version":1}})"}) {
    expect_malformed(read(v2, 200, R"({"data":)" + data + "}"), data);
    expect_malformed(read(v2, 404, R"({"data":)" + data + "}"), data);
  }
}

TEST(kv_read, passes_every_other_refusal_on) {
  for (const unsigned status : {400U, 403U, 405U, 412U, 429U, 500U, 503U}) {
    const auto found = read(v2, status, R"({"errors":["canary"]})");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().why, got(status, R"({"errors":["canary"]})").error().why);
  }
  EXPECT_EQ(read(v2, 404, R"({"errors":["no handler for route 'x'"]})").error().why,
            cause::unknown_mount);
  EXPECT_EQ(read(v1, 404, R"({"warnings":["Invalid path for a versioned K/V secrets engine."]})")
                .error()
                .why,
            cause::wrong_kind);
}

outcome<std::uint64_t> write(engine_kind kind, unsigned status, std::string_view body) {
  return read_write(kind, got(status, body), host);
}

TEST(kv_write, tells_the_version_that_was_made) {
  const auto made = write(
      v2, 200,
      R"({"data":{"created_time":"2026-11-23T20:17:53Z","deletion_time":"","destroyed":false,"version":4}})");
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, 4U);
}

TEST(kv_write, has_no_version_in_an_engine_of_version_1) {
  for (const unsigned status : {204U, 200U}) {
    const auto made = write(v1, status, "");
    ASSERT_TRUE(made);
    EXPECT_EQ(*made, 0U);
  }
}

TEST(kv_write, sees_that_the_engine_is_of_version_1_after_all) {
  const auto made = write(v2, 204, "");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().why, cause::wrong_kind);
  EXPECT_EQ(made.error().what.kind, failure_kind::wrong_place);
}

TEST(kv_write, believes_no_success_without_a_version) {
  for (const auto* body :
       {"", "{}", R"({"data":null})", R"({"data":{}})", R"({"data":{"version":0}})",
        R"({"data":{"version":-4}})", R"({"data":{"version":"4"}})", R"({"data":{"version":4.0}})",
        R"({"data":["version",4]})", R"({"version":4})"}) {
    const auto made = write(v2, 200, body);
    ASSERT_FALSE(made) << body;
    EXPECT_EQ(made.error().why, cause::malformed) << body;
  }
}

TEST(kv_write, passes_refusals_on) {
  for (const auto kind : {v1, v2}) {
    EXPECT_EQ(write(kind, 403, R"({"errors":["permission denied"]})").error().why,
              cause::forbidden);
    EXPECT_EQ(write(kind, 404, R"({"errors":[]})").error().why, cause::nothing);
    EXPECT_EQ(write(kind, 400,
                    R"({"errors":["check-and-set parameter did not match the current version"]})")
                  .error()
                  .why,
              cause::changed);
  }
}

TEST(kv, takes_a_404_for_no_success_whatever_data_comes_with_it) {
  // A 404 with data is how KV v2 tells of a deleted version when it is read, and nothing else.
  for (const auto kind : {v1, v2}) {
    const auto made = write(kind, 404, R"({"data":{"version":4}})");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().why, cause::malformed);
  }
  expect_malformed(read(v1, 404, R"({"data":{"token":"canary"}})"), "v1");
  expect_malformed(read(v2, 404, R"({"data":{"data":{"a":"canary"},"metadata":{"version":4}}})"),
                   "v2");
  const auto kind =
      read_mount(got(404, R"({"data":{"type":"kv","options":{"version":"2"}}})"), host, "secret");
  ASSERT_FALSE(kind);
  EXPECT_EQ(kind.error().why, cause::malformed);
}

outcome<engine_kind> mount(unsigned status, std::string_view data) {
  return read_mount(got(status, R"({"data":)" + std::string{data} + "}"), host, "secret");
}

TEST(kv_mount, tells_the_version_of_the_engine) {
  EXPECT_EQ(*mount(200, R"({"type":"kv","path":"secret/","options":{"version":"2"}})"), v2);
  EXPECT_EQ(*mount(200, R"({"type":"kv","options":{"version":"1"}})"), v1);
}

TEST(kv_mount, takes_an_engine_without_a_version_for_version_1) {
  for (const auto* data :
       {R"({"type":"kv"})", R"({"type":"kv","options":null})", R"({"type":"kv","options":{}})",
        R"({"type":"kv","options":[]})", R"({"type":"kv","options":{"version":null}})",
        R"({"type":"generic","options":null})"}) {
    const auto kind = mount(200, data);
    ASSERT_TRUE(kind) << data;
    EXPECT_EQ(*kind, v1) << data;
  }
}

TEST(kv_mount, refuses_other_engines_by_the_name_that_was_configured) {
  for (const auto* type : {"cubbyhole", "pki", "transit", "ssh", "canary", "", "KV", "kv2"}) {
    const auto kind =
        mount(200, R"({"options":{"version":"2"},"type":")" + std::string{type} + "\"}");
    ASSERT_FALSE(kind) << type;
    EXPECT_EQ(kind.error().why, cause::wrong_kind);
    EXPECT_EQ(kind.error().what.kind, failure_kind::wrong_place);
    EXPECT_NE(kind.error().what.sentence.find("secret is not a KV engine"), std::string::npos);
    EXPECT_EQ(kind.error().what.sentence.find("canary"), std::string::npos);
  }
}

TEST(kv_mount, believes_no_answer_without_a_type) {
  for (const auto* data : {"null", "{}", "[]", R"("canary")", R"({"type":null})", R"({"type":7})",
                           R"({"options":{"version":"2"}})"}) {
    const auto kind = mount(200, data);
    ASSERT_FALSE(kind) << data;
    EXPECT_EQ(kind.error().why, cause::malformed) << data;
  }
}

TEST(kv_mount, passes_refusals_on) {
  EXPECT_EQ(mount(403, "null").error().why, cause::forbidden);
  EXPECT_EQ(mount(503, "null").error().why, cause::no_active);
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
