// How malloc is set up in this process, and in the benchmarks that speak for it.
#pragma once

#include <malloc.h>

namespace pillion {

// Free memory at the end of the heap that is kept for the next poll and the next page. With glibc's
// 128 KiB each page is written into memory that the kernel has to clear first, which takes half of
// the time of writing it. It bounds what a process that was large once keeps; what large pages
// leave is given back much sooner (ScrapeService::kTrimEvery), and what only the start needed too
// (give_back.hpp).
inline constexpr int kKeptFreeBytesMax = 512 << 20;

// Smaller pieces come from that memory, larger ones from the kernel each time. The table that gzip
// needs for a page has 200 KB: faulting it in anew took a third of the time of compressing.
inline constexpr int kHeapPieceBytesMax = 1 << 20;

// Before the first thread.
inline void SetUpMalloc() {
  // One arena: after four busy threads 26 MB stayed with one for each, 3.8 MB with this.
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_TRIM_THRESHOLD, kKeptFreeBytesMax);
  ::mallopt(M_MMAP_THRESHOLD, kHeapPieceBytesMax);
}

}  // namespace pillion
