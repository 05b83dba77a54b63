// Looks at each piece of heap at the moment when it is given back, and at a stack of its own after
// its thread is gone: nothing of a secret may be in either.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <malloc.h>
#include <pthread.h>

#include <gtest/gtest.h>

#include "daemon/sinks/vault/secret/document.hpp"
#include "daemon/sinks/vault/secret/payload.hpp"

namespace {

constexpr std::string_view canary = "c4n4ry-";
bool watching = false;
unsigned given_back = 0;
unsigned with_canary = 0;

/// By hand, as a sanitizer looks into the library's functions.
__attribute__((no_sanitize("address", "thread"))) bool holds_canary(const char* bytes,
                                                                    std::size_t size) {
  for (std::size_t at = 0; at + canary.size() <= size; ++at) {
    std::size_t same = 0;
    while (same < canary.size() && bytes[at + same] == canary[same]) ++same;
    if (same == canary.size()) return true;
  }
  return false;
}

void give_back(void* bytes) noexcept {
  if (watching && bytes != nullptr) {
    ++given_back;
    if (holds_canary(static_cast<const char*>(bytes), ::malloc_usable_size(bytes))) ++with_canary;
  }
  std::free(bytes);
}

void* take(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
  const std::size_t whole =
      (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
  if (void* got = std::aligned_alloc(alignment, whole)) return got;
  throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t size) {
  return take(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return take(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return take(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* bytes) noexcept {
  give_back(bytes);
}
void operator delete(void* bytes, const std::nothrow_t&) noexcept {
  give_back(bytes);
}
void operator delete(void* bytes, std::size_t) noexcept {
  give_back(bytes);
}
void operator delete(void* bytes, std::align_val_t) noexcept {
  give_back(bytes);
}
void operator delete(void* bytes, std::size_t, std::align_val_t) noexcept {
  give_back(bytes);
}

namespace tokensyncd::sinks::vault {
namespace {

/// Short (inside a value), long (on the heap), with escapes (unescaped in a buffer), and as a name.
constexpr std::string_view text =
    R"({"data":{"a":"c4n4ry-1","b":"c4n4ry-, which is too long for a small buffer","c":"\u00e4)"
    R"(c4n4ry-\n","list":["c4n4ry-",["c4n4ry-",{"x":"\tc4n4ry-"}]],"c4n4ry-name":"1","d":"1",)"
    R"("e":"1","f":"1","g":"1","h":"1","i":"1","j":"1","k":"1","l":"1","m":"1","n":"1"}})";
constexpr std::string_view broken = R"({"data":{"a":"c4n4ry-1","b":["\u00e4c4n4ry-",}})";

class wiping : public testing::Test {
 protected:
  void SetUp() override {
    given_back = 0;
    with_canary = 0;
    watching = true;
  }
  void TearDown() override { watching = false; }
};

TEST_F(wiping, is_seen_by_the_spy_where_it_is_left_out) {
  {
    const std::vector<char> left{canary.begin(), canary.end()};
  }
  EXPECT_EQ(with_canary, 1U);
}

TEST_F(wiping, leaves_nothing_of_a_document_on_the_heap) {
  {
    document held;
    EXPECT_TRUE(held.read(text));
    EXPECT_TRUE(held.read(text));
    EXPECT_FALSE(held.read(broken));
    EXPECT_TRUE(held.read(text));
    document over;
    EXPECT_TRUE(over.read(text));
    over = std::move(held);
  }
  EXPECT_GT(given_back, 10U);
  EXPECT_EQ(with_canary, 0U);
}

TEST_F(wiping, leaves_nothing_of_members_that_are_made_canonical) {
  document held;
  EXPECT_TRUE(held.read(
      R"({"token":"c4n4ry-\n","name":"a longer value with c4n4ry- in it","n":"\u00e4"})"));
  EXPECT_TRUE(canonical(held.root()));
  EXPECT_GT(given_back, 0U);
  EXPECT_EQ(with_canary, 0U);
}

void* read_there(void*) {
  document held;
  const bool all = held.read(text) && !held.read(broken) && held.read(text);
  return all ? nullptr : &watching;
}

TEST_F(wiping, leaves_nothing_of_a_document_on_the_stack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps copies of its own on the stack";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "a sanitizer keeps copies of its own on the stack";
#endif
#endif
  // The first call of a library's function has the dynamic linker save vector registers, with
  // whatever memcpy left in them, on the stack.
  ASSERT_EQ(read_there(nullptr), nullptr);
  constexpr std::size_t size = 256UL * 1024;
  constexpr std::size_t page = 4096;
  const std::unique_ptr<void, decltype(&std::free)> stack{std::aligned_alloc(page, size),
                                                          &std::free};
  pthread_attr_t attributes;
  ASSERT_EQ(::pthread_attr_init(&attributes), 0);
  ASSERT_EQ(::pthread_attr_setstack(&attributes, stack.get(), size), 0);
  pthread_t reader{};
  ASSERT_EQ(::pthread_create(&reader, &attributes, read_there, nullptr), 0);
  void* failed = nullptr;
  ASSERT_EQ(::pthread_join(reader, &failed), 0);
  ASSERT_EQ(::pthread_attr_destroy(&attributes), 0);
  EXPECT_EQ(failed, nullptr);
  EXPECT_FALSE(holds_canary(static_cast<const char*>(stack.get()), size));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
