#include "daemon/runtime/process/heap.hpp"

#include <cstdlib>  // defines __GLIBC__, where it is that

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace tokensyncd {

void keep_large_blocks_apart() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

void give_back_memory() {
#ifdef __GLIBC__
  // free() gives back what lies at the end of the heap alone, and something that is kept always
  // does.
  ::malloc_trim(0);
#endif
}

}  // namespace tokensyncd
