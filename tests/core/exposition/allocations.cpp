#include "core/exposition/allocations.hpp"

#include <cstdlib>
#include <new>
#include <utility>

namespace pillion::test {
namespace {

thread_local uint64_t allocations = 0;
thread_local uint64_t bytes = 0;
thread_local int64_t until_failure = -1;
thread_local size_t hooked_size = 0;
thread_local std::function<void()> hook_at_size;

}  // namespace

uint64_t AllocationsOfThisThread() { return allocations; }
uint64_t AllocatedBytesOfThisThread() { return bytes; }
void FailAllocation(uint64_t n) { until_failure = static_cast<int64_t>(n); }
void StopFailing() { until_failure = -1; }
bool FailureIsPending() { return until_failure >= 0; }

void OnAllocationOf(size_t size, std::function<void()> hook) {
  hook_at_size = std::move(hook);
  hooked_size = size;
}

static void* Allocate(std::size_t size) {
  ++allocations;
  bytes += size;
  if (hooked_size != 0 && size == hooked_size) {
    hooked_size = 0;
    hook_at_size();
  }
  if (until_failure >= 0 && until_failure-- == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

}  // namespace pillion::test

void* operator new(std::size_t size) { return pillion::test::Allocate(size); }
void* operator new[](std::size_t size) { return pillion::test::Allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {  // std::stable_sort's
  try {
    return pillion::test::Allocate(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
