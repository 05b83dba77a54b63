#include "daemon/sinks/vault/secret/document.hpp"

#include <new>
#include <utility>

#include <boost/json/parser.hpp>

#include "daemon/model/secret.hpp"

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 32;

/// The parser unescapes strings in a buffer on the stack, which may have held a token.
[[gnu::noinline]] void wipe_stack_below() {
  char below[BOOST_JSON_STACK_BUFFER_SIZE + 4096];
  wipe(below, sizeof below);
}

[[gnu::noinline]] std::optional<json::value> parse(std::string_view text, wiped_memory& memory) {
  json::parse_options options;
  options.max_depth = deepest;
  // Both its own stack and the value are in memory that is wiped.
  json::parser parser{json::storage_ptr{&memory}, options};
  parser.reset(json::storage_ptr{&memory});
  boost::system::error_code error;
  const std::size_t used = parser.write(text.data(), text.size(), error);
  if (error || used != text.size()) return {};
  return parser.release();
}

}  // namespace

void* wiped_memory::do_allocate(std::size_t size, std::size_t alignment) {
  // Every alignment is the default one: Boost.JSON takes a name with that of char and gives it back
  // with another when a text turns out to be broken.
  if (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) throw std::bad_alloc{};
  return ::operator new(size);
}

void wiped_memory::do_deallocate(void* bytes, std::size_t size,
                                 std::size_t /*alignment*/) noexcept {
  wipe(bytes, size);
  ::operator delete(bytes, size);
}

bool wiped_memory::do_is_equal(const memory_resource& other) const noexcept {
  return this == &other;
}

document::document() : memory_(std::make_unique<wiped_memory>()) {}

document::document(document&& other) noexcept
    : memory_(std::move(other.memory_)), value_(std::move(other.value_)) {
  other.value_.reset();
}

document& document::operator=(document&& other) noexcept {
  if (this == &other) return *this;
  // What it held goes before the memory that it is in.
  value_.reset();
  memory_ = std::move(other.memory_);
  if (other.value_) value_.emplace(std::move(*other.value_));
  other.value_.reset();
  return *this;
}

document::~document() {
  value_.reset();
}

bool document::read(std::string_view text) {
  value_.reset();
  if (memory_ == nullptr) memory_ = std::make_unique<wiped_memory>();
  auto parsed = parse(text, *memory_);
  wipe_stack_below();
  if (!parsed || !parsed->is_object()) return false;
  value_.emplace(std::move(*parsed));
  return true;
}

const json::object& document::root() const noexcept {
  static const json::object nothing;
  return value_ ? value_->get_object() : nothing;
}

const json::object* object_in(const json::object& from, std::string_view name) noexcept {
  const json::value* found = from.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

std::optional<std::string_view> text_in(const json::object& from, std::string_view name) noexcept {
  const json::value* found = from.if_contains(name);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  if (text == nullptr) return {};
  return std::string_view{text->data(), text->size()};
}

std::optional<std::uint64_t> number_in(const json::object& from, std::string_view name) noexcept {
  const json::value* found = from.if_contains(name);
  if (found == nullptr) return {};
  if (const auto* whole = found->if_int64(); whole != nullptr && *whole >= 0)
    return static_cast<std::uint64_t>(*whole);
  if (const auto* large = found->if_uint64()) return *large;
  return {};
}

bool is_true_in(const json::object& from, std::string_view name) noexcept {
  const json::value* found = from.if_contains(name);
  return found != nullptr && found->is_bool() && found->get_bool();
}

}  // namespace tokensyncd::sinks::vault
