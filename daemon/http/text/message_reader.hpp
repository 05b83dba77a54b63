#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/http/text/basic_parser.hpp"
#include "daemon/http/text/message.hpp"

namespace tokensyncd::http {

/// What one message may be.
struct message_limits {
  std::size_t header_bytes = 0;
  std::size_t header_count = 0;
  std::size_t body_bytes = 0;
};

/// How far a message has come.
enum class progress {
  need_more,
  done,
  malformed,
  header_too_large,
  body_too_large,
};

/// What a parser finds in one message, in place: views point into the bytes that it is given.
///
/// Beast's parser lets pass what RFC 9112 doesn't; refused here: obs-fold (section 5.2), more than
/// one Content-Length or a list of them (6.3), a transfer coding other than `chunked` once (6.1),
/// chunked in HTTP/1.0 (6.1) or with 1xx and 204, and more headers than the limit, trailers
/// included. One thread at a time.
template <bool IsRequest>
class message_parser final : public basic_parser<IsRequest> {
 public:
  /// `fields` is filled; body bytes are moved together inside `buffer`, where they were read.
  message_parser(std::span<char> buffer, const message_limits& limits, std::vector<field>& fields);

  /// Says that the bytes are now in `buffer`, at the same places; those of before are still there.
  void moved_to(std::span<char> buffer) noexcept;

  [[nodiscard]] unsigned status() const noexcept { return status_; }
  [[nodiscard]] std::string_view method() const noexcept { return method_; }
  [[nodiscard]] std::string_view target() const noexcept { return target_; }
  [[nodiscard]] bool is_http11() const noexcept { return version_ == 11; }
  [[nodiscard]] std::string_view body() const noexcept { return {body_.data(), body_.size()}; }

 private:
  using error_code = boost::system::error_code;
  using string_view = boost::core::string_view;

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target,
                       int version, error_code& error) override;
  void on_response_impl(int status, string_view reason, int version, error_code& error) override;
  void on_field_impl(boost::beast::http::field name, string_view text, string_view value,
                     error_code& error) override;
  /// It is a field like those of the header, and counts like one.
  void on_trailer_field_impl(boost::beast::http::field name, string_view text, string_view value,
                             error_code& error) override {
    on_field_impl(name, text, value, error);
  }
  void on_header_impl(error_code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view bytes, error_code&) override { return keep(bytes); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
    return keep(bytes);
  }
  void on_finish_impl(error_code&) override {}

  [[nodiscard]] bool is_folded(std::string_view name, std::string_view value) const noexcept;
  std::size_t keep(string_view bytes) noexcept;

  std::span<char> buffer_;
  std::size_t max_fields_;
  std::vector<field>& fields_;
  std::size_t seen_ = 0;
  std::string_view method_;
  std::string_view target_;
  unsigned status_ = 0;
  int version_ = 0;
  bool header_done_ = false;
  bool has_length_ = false;
  bool has_coding_ = false;
  std::span<char> body_;  ///< inside buffer_; without data until the first byte of a body
};

/// Reads messages out of one buffer, one after the other: header and body stay where they were
/// received (chunks are moved together) until the next start(), which wipes them. The buffer begins
/// with 16 KiB and doubles, up to the limits, for a message that needs more; it never shrinks, so
/// that a message that fits costs no allocation. What it outgrows is wiped. One empty line before a
/// request is passed over (RFC 9112, section 2.2). One thread at a time.
template <bool IsRequest>
class message_reader {
 public:
  explicit message_reader(const message_limits& limits);
  message_reader(const message_reader&) = delete;
  message_reader& operator=(const message_reader&) = delete;
  ~message_reader();

  /// Forgets and wipes the last message; bytes that came after it are the beginning of the next.
  void start() noexcept;

  /// Forgets and wipes everything.
  void clear() noexcept;

  /// Where the next bytes belong; empty when a message doesn't fit. Views of what came before are
  /// valid until then.
  [[nodiscard]] std::span<char> space();

  /// Takes `size` bytes more that were written to space(), 0 to look at what is there.
  [[nodiscard]] progress got(std::size_t size);

  /// Says that nothing more comes: done where that is how the message ends.
  [[nodiscard]] progress ended();

  /// Whether a byte of this message has come.
  [[nodiscard]] bool begun() const noexcept { return end_ != skipped_; }
  /// Whether bytes came that belong to no message yet.
  [[nodiscard]] bool has_surplus() const noexcept { return parsed_ != end_; }

  [[nodiscard]] const message_parser<IsRequest>& message() const noexcept { return *parser_; }

  /// All headers with their names as sent.
  [[nodiscard]] std::span<const field> fields() const noexcept { return fields_; }

  /// Value of the header `name` (any case); none where it isn't there exactly once.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;

 private:
  void restart_parser();
  [[nodiscard]] bool skip_empty_line() noexcept;
  void drop_framing() noexcept;
  void grow();

  message_limits limits_;
  std::size_t most_;      // what a message of the limits needs
  std::size_t capacity_;  // what buffer_ has
  std::unique_ptr<char[]> buffer_;
  std::vector<field> fields_;
  std::optional<message_parser<IsRequest>> parser_;
  std::size_t parsed_ = 0;   // what the parser has taken, or was skipped
  std::size_t skipped_ = 0;  // of an empty line before the message
  std::size_t end_ = 0;      // what has been received
  std::size_t touched_ = 0;  // highest byte ever written since the last wipe
};

extern template class message_reader<true>;
extern template class message_reader<false>;

}  // namespace tokensyncd::http
