// Where a Redis server listens, as the option `address` writes it.
//
// Accepted: host:port, host, [v6]:port, unix:/path, unix:///path, /path,
// redis://[user@]host[:port][/db], rediss://... (TLS), and valkey: for redis:. The database number
// is checked and ignored: nothing that is read here belongs to one database.
//
// Pure; any thread.
#pragma once

#include "common/stream.hpp"

#include <pillion/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace pillion::redis {

struct Address : Endpoint {
  Address() { port = 6379; }
  std::string user;  // from redis://user@...; empty: none
  bool tls = false;  // rediss://

  bool operator==(const Address&) const = default;
};

// Without a port it is `default_port`. The error's text never repeats the address beyond its
// scheme: there may be a password in it.
Result<Address> ParseAddress(std::string_view text, uint16_t default_port = 6379);

}  // namespace pillion::redis
