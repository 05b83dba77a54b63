// Whether programs of this architecture are run by qemu-user (the preset `arm64` says so).
#pragma once

#include <cstdlib>

namespace tokensyncd::tests {

// For what a test can't see then: the emulator's own threads and memory are part of each process,
// and it has less of /proc.
inline bool is_emulated() {
  return std::getenv("TOKENSYNCD_TESTS_ARE_EMULATED") != nullptr;
}

}  // namespace tokensyncd::tests
