#include "daemon/http/text/message_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace tokensyncd::http {
namespace {

constexpr std::size_t first_capacity = 16 * 1024;

message_limits limits_with(std::size_t body_bytes) {
  return {.header_bytes = 4096, .header_count = 10, .body_bytes = body_bytes};
}

/// Gives the reader all of `bytes`, as much at a time as it has space for.
template <bool IsRequest>
progress feed(message_reader<IsRequest>& reader, std::string_view bytes) {
  progress how = reader.got(0);
  while (how == progress::need_more && !bytes.empty()) {
    const auto space = reader.space();
    if (space.empty()) return progress::body_too_large;
    const std::size_t size = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), size);
    bytes.remove_prefix(size);
    how = reader.got(size);
  }
  return how;
}

std::string answer_of(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nX-First: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nX-Empty:\r\n\r\n" + body;
}

std::string in_chunks(std::string_view body, std::size_t size) {
  std::string text = "HTTP/1.1 200 OK\r\nX-First: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  char digits[16];
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    const auto chunk = body.substr(0, size);
    std::snprintf(digits, sizeof digits, "%zx\r\n", chunk.size());
    text.append(digits).append(chunk).append("\r\n");
  }
  return text + "0\r\n\r\n";
}

std::string pattern(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

TEST(message_reader, begins_small_whatever_the_limit_is) {
  message_reader<false> large(limits_with(256UL * 1024));
  EXPECT_EQ(large.space().size(), first_capacity);
  message_reader<false> small(limits_with(100));
  EXPECT_LT(small.space().size(), first_capacity);
}

TEST(message_reader, grows_up_to_the_limit_and_keeps_what_it_has_read) {
  for (const std::size_t size : {10UL, 16'000UL, 16'384UL, 50'000UL, 256UL * 1024}) {
    const std::string body = pattern(size);
    for (const auto& bytes : {answer_of(body), in_chunks(body, 1), in_chunks(body, 5000)}) {
      message_reader<false> reader(limits_with(256UL * 1024));
      ASSERT_EQ(feed(reader, bytes), progress::done) << size;
      EXPECT_EQ(reader.message().body(), body);
      EXPECT_EQ(reader.header("x-first"), "a");
      EXPECT_EQ(reader.header("x-empty").value_or(""), "");
      EXPECT_FALSE(reader.has_surplus());
    }
  }
}

TEST(message_reader, keeps_a_requests_line_while_it_grows) {
  const std::string body = pattern(60'000);
  message_reader<true> reader(limits_with(64UL * 1024));
  ASSERT_EQ(feed(reader, "PUT /v1/x HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" + body),
            progress::done);
  EXPECT_EQ(reader.message().method(), "PUT");
  EXPECT_EQ(reader.message().target(), "/v1/x");
  EXPECT_EQ(reader.message().body(), body);
}

TEST(message_reader, does_not_grow_past_the_limit) {
  message_reader<false> all(limits_with(100'000));
  ASSERT_EQ(feed(all, answer_of(pattern(100'000))), progress::done);
  all.clear();
  EXPECT_LT(all.space().size(), 100'000U + 4096 + 2048);
  message_reader<false> reader(limits_with(100'000));
  EXPECT_EQ(feed(reader, answer_of(pattern(100'001))), progress::body_too_large);
  message_reader<false> chunked(limits_with(100'000));
  EXPECT_EQ(feed(chunked, in_chunks(pattern(100'001), 1000)), progress::body_too_large);
  message_reader<false> head(limits_with(100'000));
  EXPECT_EQ(feed(head, "HTTP/1.1 200 OK\r\nX: " + pattern(20'000)), progress::header_too_large);
}

TEST(message_reader, keeps_its_buffer_for_the_next_message) {
  const std::string bytes = answer_of(pattern(100'000));
  message_reader<false> reader(limits_with(256UL * 1024));
  ASSERT_EQ(feed(reader, bytes), progress::done);
  reader.clear();
  const auto before = reader.space();
  EXPECT_GT(before.size(), 100'000U);
  ASSERT_EQ(feed(reader, bytes), progress::done);
  reader.clear();
  EXPECT_EQ(reader.space().data(), before.data());
  EXPECT_EQ(reader.space().size(), before.size());
}

TEST(message_reader, wipes_all_that_was_written_when_it_is_cleared) {
  message_reader<false> reader(limits_with(256UL * 1024));
  ASSERT_EQ(feed(reader, in_chunks(pattern(100'000), 7)), progress::done);
  reader.clear();
  const auto space = reader.space();
  const auto written = space.first(100'000);
  EXPECT_TRUE(std::ranges::all_of(written, [](char c) { return c == 0; }));
}

TEST(message_reader, takes_a_body_of_the_last_chunk_alone_byte_by_byte) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  message_reader<true> reader(limits_with(100));
  progress how = progress::need_more;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    ASSERT_EQ(how, progress::need_more) << i;
    reader.space()[0] = bytes[i];
    how = reader.got(1);
  }
  EXPECT_EQ(how, progress::done);
  EXPECT_EQ(reader.message().body(), "");
}

}  // namespace
}  // namespace tokensyncd::http
