#include "fuzz_input.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pillion::memcached::testing::TryAnswers({reinterpret_cast<const char*>(data), size});
  return 0;
}
