// Reading back what was written in gzip.
#pragma once

#include <doctest/doctest.h>
#include <zlib.h>

#include <string>

namespace pillion::test {

// What a client sees that reads one member and no more, as curl does.
inline std::string Gunzip(std::string compressed) {
  std::string plain;
  z_stream z{};
  REQUIRE(inflateInit2(&z, 15 + 16) == Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(compressed.data());
  z.avail_in = static_cast<uInt>(compressed.size());
  std::string buffer(1 << 16, '\0');
  int result = Z_OK;
  while (result == Z_OK) {
    z.next_out = reinterpret_cast<Bytef*>(buffer.data());
    z.avail_out = static_cast<uInt>(buffer.size());
    result = inflate(&z, Z_NO_FLUSH);
    plain.append(buffer, 0, buffer.size() - z.avail_out);
  }
  CHECK(result == Z_STREAM_END);
  CHECK(z.avail_in == 0);  // one member, and nothing after it
  inflateEnd(&z);
  return plain;
}

}  // namespace pillion::test
