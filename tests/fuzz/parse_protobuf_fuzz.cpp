// The parser of protobuf, and the linter. How to build and run fuzzers: CMakeLists.txt.
#include "fuzz/parse_check.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string wrong = pillion::fuzz::WhatIsWrongWithParsing(
      pillion::parse::Syntax::kProtobuf, {reinterpret_cast<const char*>(data), size});
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
  }
  return 0;
}
