// One bounded GET, for `pillion health`: images without a shell have no curl.
#pragma once

#include <pillion/result.hpp>

#include <chrono>
#include <string>

namespace pillion {

// `address` is "HOST:PORT", "[V6]:PORT" or "unix:/PATH"; a wildcard host means loopback. Returns
// the HTTP status. Blocks at most `timeout`.
Result<int> ProbeHttp(const std::string& address, const std::string& path,
                      std::chrono::milliseconds timeout);

}  // namespace pillion
