#pragma once

namespace tokensyncd {

/// Has blocks of 128 KiB and more lie apart from the heap for good (mallopt(3), M_MMAP_THRESHOLD),
/// so that each is given back when it is freed; glibc alone would put larger and larger ones into
/// the heap. At the start of a process that lasts.
void keep_large_blocks_apart();

/// Gives memory that was freed back to the system (malloc_trim(3)): after work that needed much
/// more for a moment than is needed from then on. Walks all that is free, some milliseconds with
/// 100 MiB. From any thread; nothing where the C library isn't glibc.
void give_back_memory();

}  // namespace tokensyncd
