#include "daemon/http/text/message_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/beast/http/error.hpp>

#include "daemon/model/secret.hpp"

namespace tokensyncd::http {
namespace {

namespace beast_http = boost::beast::http;

// Room for the framing of a chunk that is still incomplete.
constexpr std::size_t framing_room = 1024;

// As much as one TLS record carries.
constexpr std::size_t first_capacity = 16 * 1024;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

progress classify(const boost::system::error_code& error) {
  if (error == beast_http::error::header_limit) return progress::header_too_large;
  if (error == beast_http::error::body_limit) return progress::body_too_large;
  return progress::malformed;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

template <bool IsRequest>
message_parser<IsRequest>::message_parser(std::span<char> buffer, const message_limits& limits,
                                          std::vector<field>& fields)
    : buffer_(buffer), max_fields_(limits.header_count), fields_(fields) {
  this->eager(true);
  this->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  this->body_limit(limits.body_bytes);
}

template <bool IsRequest>
void message_parser<IsRequest>::moved_to(std::span<char> buffer) noexcept {
  const auto moved = [&](std::string_view text) -> std::string_view {
    if (text.data() == nullptr) return text;
    return {buffer.data() + (text.data() - buffer_.data()), text.size()};
  };
  method_ = moved(method_);
  target_ = moved(target_);
  for (auto& [name, value] : fields_) {
    name = moved(name);
    value = moved(value);
  }
  if (body_.data() != nullptr)
    body_ = {buffer.data() + (body_.data() - buffer_.data()), body_.size()};
  buffer_ = buffer;
}

template <bool IsRequest>
void message_parser<IsRequest>::on_request_impl(beast_http::verb, string_view method,
                                                string_view target, int version, error_code&) {
  method_ = method;
  target_ = target;
  version_ = version;
}

template <bool IsRequest>
void message_parser<IsRequest>::on_response_impl(int status, string_view, int version,
                                                 error_code& error) {
  status_ = static_cast<unsigned>(status);
  version_ = version;
  if (status_ < 100 || status_ > 599) error = beast_http::error::bad_status;
}

template <bool IsRequest>
bool message_parser<IsRequest>::is_folded(std::string_view name,
                                          std::string_view value) const noexcept {
  // Beast joins folded lines in a buffer of its own, unless only one of them isn't empty.
  const std::less<const char*> before;
  const char* const name_end = name.data() + name.size();
  if (before(value.data(), name_end) || before(buffer_.data() + buffer_.size(), value.data()))
    return true;
  return std::find(name_end, value.data(), '\r') != value.data();
}

template <bool IsRequest>
void message_parser<IsRequest>::on_field_impl(beast_http::field name, string_view text,
                                              string_view value, error_code& error) {
  if (++seen_ > max_fields_) {
    error = beast_http::error::header_limit;
  } else if (is_folded(text, value)) {
    error = beast_http::error::bad_value;
  } else if (name == beast_http::field::content_length) {
    if (has_length_ || !all_digits(value)) error = beast_http::error::bad_content_length;
    has_length_ = true;
  } else if (name == beast_http::field::transfer_encoding) {
    if (has_coding_ || version_ != 11 || !same_name(value, "chunked"))
      error = beast_http::error::bad_transfer_encoding;
    has_coding_ = true;
  }
  if (!error && !header_done_) fields_.push_back({text, value});
}

template <bool IsRequest>
void message_parser<IsRequest>::on_header_impl(error_code& error) {
  header_done_ = true;
  if constexpr (!IsRequest) {
    if (has_coding_ && (status_ < 200 || status_ == 204))
      error = beast_http::error::bad_transfer_encoding;
  }
}

template <bool IsRequest>
std::size_t message_parser<IsRequest>::keep(string_view bytes) noexcept {
  char* const from = buffer_.data() + (bytes.data() - buffer_.data());
  if (body_.data() == nullptr) body_ = {from, 0};
  char* const end = body_.data() + body_.size();
  if (end != from) std::memmove(end, from, bytes.size());
  body_ = {body_.data(), body_.size() + bytes.size()};
  return bytes.size();
}

template <bool IsRequest>
message_reader<IsRequest>::message_reader(const message_limits& limits)
    : limits_(limits),
      most_(limits.header_bytes + limits.body_bytes + framing_room),
      capacity_(std::min(most_, first_capacity)),
      buffer_(std::make_unique_for_overwrite<char[]>(capacity_)) {
  fields_.reserve(std::min<std::size_t>(limits_.header_count, 16));
  restart_parser();
}

template <bool IsRequest>
message_reader<IsRequest>::~message_reader() {
  wipe(buffer_.get(), touched_);
}

template <bool IsRequest>
void message_reader<IsRequest>::restart_parser() {
  fields_.clear();
  parser_.emplace(std::span<char>{buffer_.get(), capacity_}, limits_, fields_);
}

template <bool IsRequest>
void message_reader<IsRequest>::start() noexcept {
  const std::size_t left = end_ - parsed_;
  if (left != 0) std::memmove(buffer_.get(), buffer_.get() + parsed_, left);
  wipe(buffer_.get() + left, touched_ - left);
  parsed_ = skipped_ = 0;
  end_ = touched_ = left;
  restart_parser();
}

template <bool IsRequest>
void message_reader<IsRequest>::clear() noexcept {
  parsed_ = end_;
  start();
}

template <bool IsRequest>
std::span<char> message_reader<IsRequest>::space() {
  if (end_ == capacity_) {
    drop_framing();
    // Not only when nothing is left: many small reads would cost more than one copy.
    if (capacity_ < most_ && capacity_ - end_ < capacity_ / 4) grow();
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

template <bool IsRequest>
void message_reader<IsRequest>::drop_framing() noexcept {
  const auto body = parser_->body();
  if (body.empty()) return;
  // The framing of the chunks before is no longer needed.
  const auto body_end = static_cast<std::size_t>(body.data() + body.size() - buffer_.get());
  std::memmove(buffer_.get() + body_end, buffer_.get() + parsed_, end_ - parsed_);
  end_ -= parsed_ - body_end;
  parsed_ = body_end;
}

template <bool IsRequest>
void message_reader<IsRequest>::grow() {
  const std::size_t capacity = std::min(most_, 2 * capacity_);
  auto buffer = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(buffer.get(), buffer_.get(), end_);
  parser_->moved_to({buffer.get(), capacity});
  wipe(buffer_.get(), touched_);
  buffer_ = std::move(buffer);
  capacity_ = capacity;
  touched_ = end_;
}

/// False while it can't be told yet.
template <bool IsRequest>
bool message_reader<IsRequest>::skip_empty_line() noexcept {
  if (!IsRequest || parsed_ != 0 || end_ == 0 || buffer_[0] != '\r') return true;
  if (end_ == 1) return false;
  if (buffer_[1] == '\n') parsed_ = skipped_ = 2;
  return true;
}

template <bool IsRequest>
progress message_reader<IsRequest>::got(std::size_t size) {
  end_ += size;
  touched_ = std::max(touched_, end_);
  if (!skip_empty_line()) return progress::need_more;
  boost::system::error_code error;
  while (parsed_ != end_ && !parser_->is_done()) {
    const boost::asio::const_buffer bytes{buffer_.get() + parsed_, end_ - parsed_};
    const std::size_t taken = parser_->put(bytes, error);
    parsed_ += taken;
    if (error == beast_http::error::need_more) break;
    if (error) return classify(error);
    if (taken == 0) break;
  }
  return parser_->is_done() ? progress::done : progress::need_more;
}

template <bool IsRequest>
progress message_reader<IsRequest>::ended() {
  if (!parser_->is_header_done() || !parser_->need_eof()) return progress::need_more;
  boost::system::error_code error;
  parser_->put_eof(error);
  return error ? classify(error) : progress::done;
}

template <bool IsRequest>
std::optional<std::string_view> message_reader<IsRequest>::header(
    std::string_view name) const noexcept {
  std::optional<std::string_view> value;
  for (const auto& one : fields_) {
    if (!same_name(one.name, name)) continue;
    if (value) return std::nullopt;
    value = one.value;
  }
  return value;
}

template class message_parser<true>;
template class message_parser<false>;
template class message_reader<true>;
template class message_reader<false>;

}  // namespace tokensyncd::http
