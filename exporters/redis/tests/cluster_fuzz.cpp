#include "fuzz_input.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pillion::redis::testing::TryClusterInfo({reinterpret_cast<const char*>(data), size});
  pillion::redis::testing::TryClusterNodes({reinterpret_cast<const char*>(data), size});
  return 0;
}
