#include "app/give_back.hpp"

#ifdef NDEBUG
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#endif

namespace pillion {

#ifdef NDEBUG
namespace {

// Segments that nobody ever writes to: what is unmapped is in the file, unchanged. Data that the
// loader relocates and then protects is in a writable segment and not touched.
int UnmapConstants(dl_phdr_info* object, size_t, void*) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (size_t i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    // Fails for the kernel's own page of functions, which is no file.
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void GiveBackStart() {
  ::malloc_trim(0);
  ::dl_iterate_phdr(&UnmapConstants, nullptr);
}
#else
void GiveBackStart() {}
#endif

}  // namespace pillion
