// Where a Redis server listens, as the option `address` writes it.
//
// Accepted: host:port, host, [v6]:port, unix:/path, unix:///path, /path,
// redis://[user@]host[:port][/db]. The database number is checked and ignored: nothing that is
// read here belongs to one database.
//
// Pure; any thread.
#pragma once

#include <pillion/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace pillion::redis {

struct Address {
  std::string path;  // of a unix socket; empty: TCP
  std::string host;  // a name or a numeric address, without brackets
  uint16_t port = 6379;
  std::string user;  // from redis://user@...; empty: none

  // For messages: "127.0.0.1:6379", "[::1]:6379", "unix:/run/redis.sock".
  std::string ToText() const;
};

// The error's text never repeats the address beyond its scheme: there may be a password in it.
Result<Address> ParseAddress(std::string_view text);

}  // namespace pillion::redis
