// Counts the allocations of the calling thread, and makes them fail on request. The test
// executable's operator new is replaced for it (allocations.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace pillion::test {

uint64_t AllocationsOfThisThread();
uint64_t AllocatedBytesOfThisThread();

// From now on the thread's n-th allocation (0: the next) throws std::bad_alloc, once.
void FailAllocation(uint64_t n);
void StopFailing();
bool FailureIsPending();

// Calls `hook` at the thread's next allocation of exactly this size, once, before it is made.
void OnAllocationOf(size_t bytes, std::function<void()> hook);

}  // namespace pillion::test
