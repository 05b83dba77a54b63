#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokensyncd::sandbox {

/// Where an answer ends before its time. `no_close_notify`: all bytes are sent, TLS isn't closed.
enum class cut { none, before, header, body, no_close_notify, reset };

/// What an answer's connection does afterwards. `silent`: it closes without having said so.
enum class closing { as_asked, announced, silent };

/// How the end of the body is told.
enum class framing { length, chunked, until_close, none };

/// Whether the answer waits for POST /control/release, and whether it is made before or after.
enum class holding { none, answer, request };

/// An answer and how it is sent.
struct reply {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string raw;      ///< these bytes in place of all that; empty: none
  std::string interim;  ///< bytes sent before it, such as a 103

  std::int64_t clock_offset_s = 0;
  bool date_header = true;
  framing end = framing::length;
  holding hold = holding::none;
  std::int64_t delay_ms = 0;
  std::int64_t drip_us = -1;  ///< a pause after each byte; negative: all at once
  cut cut_at = cut::none;
  closing close = closing::as_asked;
};

/// Where the head of serialized bytes ends and the body begins, and all of them.
struct wire {
  std::string bytes;
  std::size_t body_at = 0;
};

/// The bytes of an answer. `closes`: whether a Connection: close is said.
[[nodiscard]] wire serialize(const reply& from, bool closes);

/// Gives `to` an error's body of one of the vendor's shapes: `partner`, `public`, `too_many`,
/// `html` or `none`. The texts are empty where there is nothing to say.
void set_error(reply& to, unsigned status, std::string_view shape, std::string_view code,
               std::string_view description);

/// Replaces the header of that name, or adds it.
void set_header(reply& to, std::string_view name, std::string value);

}  // namespace tokensyncd::sandbox
