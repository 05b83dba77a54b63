#include "daemon/source/json_members.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <boost/json/basic_parser_impl.hpp>

#include "daemon/model/secret.hpp"

namespace tokensyncd::source {
namespace {

namespace json = boost::json;
using boost::system::error_code;

/// What Boost.JSON's parser calls with each thing that it meets. All functions return false, with
/// `ec` set, to stop.
class collector {
 public:
  static constexpr auto max_object_size = static_cast<std::size_t>(-1);
  static constexpr auto max_array_size = static_cast<std::size_t>(-1);
  static constexpr auto max_key_size = static_cast<std::size_t>(-1);
  static constexpr auto max_string_size = static_cast<std::size_t>(-1);

  /// `memory` must hold as many bytes as the body: no string is longer unescaped.
  collector(std::span<const std::string_view> names, std::span<member> members, char* memory)
      : names_(names), members_(members), next_(memory) {}

  static bool on_document_begin(error_code&) { return true; }
  static bool on_document_end(error_code&) { return true; }

  bool on_object_begin(error_code&) {
    found(member::type::other);
    first_key_[depth_++] = keys_;
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    keys_ = first_key_[--depth_];
    return true;
  }
  bool on_array_begin(error_code& ec) {
    if (depth_ == 0) return refuse(ec);
    found(member::type::other);
    ++depth_;
    first_key_[depth_ - 1] = keys_;
    return true;
  }
  bool on_array_end(std::size_t, error_code&) {
    --depth_;
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    append(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code& ec) {
    append(part);
    const auto key = take();
    const auto* const begin = key_list_.data();
    if (std::find(begin + first_key_[depth_ - 1], begin + keys_, key) != begin + keys_)
      return refuse(ec);
    if (keys_ == key_list_.size()) return refuse(ec);
    key_list_[keys_++] = key;
    if (depth_ != 1) return true;
    const auto place = std::find(names_.begin(), names_.end(), key);
    wanted_ = place == names_.end() ? nullptr
                                    : &members_[static_cast<std::size_t>(place - names_.begin())];
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    if (is_wanted()) append(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, error_code& ec) {
    if (depth_ == 0) return refuse(ec);
    if (!is_wanted()) return true;
    append(part);
    wanted_->text = take();
    found(member::type::text);
    return true;
  }

  static bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, error_code& ec) {
    return number(static_cast<double>(value), member::type::integer, ec);
  }
  bool on_uint64(std::uint64_t value, json::string_view, error_code& ec) {
    return number(static_cast<double>(value), member::type::integer, ec);
  }
  bool on_double(double value, json::string_view, error_code& ec) {
    return number(value, member::type::real, ec);
  }
  bool on_bool(bool, error_code& ec) { return scalar(member::type::other, ec); }
  bool on_null(error_code& ec) { return scalar(member::type::null, ec); }
  static bool on_comment_part(json::string_view, error_code&) { return true; }
  static bool on_comment(json::string_view, error_code&) { return true; }

 private:
  static bool refuse(error_code& ec) {
    ec = json::error::syntax;
    return false;
  }

  bool number(double value, member::type type, error_code& ec) {
    if (is_wanted()) wanted_->number = value;
    return scalar(type, ec);
  }

  bool scalar(member::type type, error_code& ec) {
    if (depth_ == 0) return refuse(ec);
    found(type);
    return true;
  }

  [[nodiscard]] bool is_wanted() const { return depth_ == 1 && wanted_ != nullptr; }

  void found(member::type type) {
    if (!is_wanted()) return;
    wanted_->is = type;
    wanted_ = nullptr;
  }

  void append(json::string_view part) {
    if (!part.empty()) std::memcpy(next_ + length_, part.data(), part.size());
    length_ += part.size();
  }

  std::string_view take() {
    const std::string_view whole{next_, length_};
    next_ += length_;
    length_ = 0;
    return whole;
  }

  std::span<const std::string_view> names_;
  std::span<member> members_;
  member* wanted_ = nullptr;  ///< of the value that comes next, at depth 1
  char* next_;
  std::size_t length_ = 0;
  std::size_t depth_ = 0;
  std::size_t keys_ = 0;
  std::array<std::size_t, json_members::max_depth + 1> first_key_{};
  std::array<std::string_view, json_members::max_keys> key_list_{};
};

bool parse(std::string_view body, const collector& into) {
  json::parse_options options;
  options.max_depth = json_members::max_depth;
  json::basic_parser<collector> parser{options, into};
  error_code ec;
  const auto used = parser.write_some(false, body.data(), body.size(), ec);
  return !ec && parser.done() && used == body.size();
}

/// The parser unescapes strings in a buffer on the stack, which may have held a token.
[[gnu::noinline]] void wipe_stack_below() {
  char below[BOOST_JSON_STACK_BUFFER_SIZE + 4096];
  wipe(below, sizeof below);
}

}  // namespace

json_members::json_members(std::span<const std::string_view> known)
    : names_(known), members_(known.size()) {}

json_members::~json_members() {
  wipe(memory_.get(), size_);
}

bool json_members::read(std::string_view body) {
  if (body.empty()) return false;
  size_ = body.size();
  memory_ = std::make_unique_for_overwrite<char[]>(size_);
  const bool believed = parse(body, {names_, members_, memory_.get()});
  wipe_stack_below();
  return believed;
}

}  // namespace tokensyncd::source
