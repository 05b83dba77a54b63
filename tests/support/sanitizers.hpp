#pragma once

namespace tokensyncd::tests {

// Which sanitizers a test is built with: GCC says so by macros, Clang by features.
#if defined(__has_feature)
#define TOKENSYNCD_HAS_FEATURE(name) __has_feature(name)
#else
#define TOKENSYNCD_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || TOKENSYNCD_HAS_FEATURE(address_sanitizer)
inline constexpr bool has_address_sanitizer = true;
#else
inline constexpr bool has_address_sanitizer = false;
#endif
#if defined(__SANITIZE_THREAD__) || TOKENSYNCD_HAS_FEATURE(thread_sanitizer)
inline constexpr bool has_thread_sanitizer = true;
#else
inline constexpr bool has_thread_sanitizer = false;
#endif
#undef TOKENSYNCD_HAS_FEATURE

}  // namespace tokensyncd::tests
