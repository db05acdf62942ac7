// The peers' file of passwords: one JSON object of addresses and passwords.
//
//   {"redis://monitor@cache-1:6379": "secret", "rediss://cache-2": "", "unix:/run/redis.sock": "x"}
//
// Pure; any thread.
#pragma once

#include "address.hpp"

#include <pillion/options.hpp>
#include <pillion/result.hpp>

#include <string_view>

namespace pillion::redis {

// The password for `user` (empty: the default user) on the server at `address`: that of an entry
// for this user, or else of one for no user in particular. Schemes, default ports and databases
// are not compared. Empty if there is no entry. kAuth: the text is not such a map; the message
// repeats nothing of it.
Result<SecretText> FindPassword(std::string_view map, const Endpoint& address,
                                std::string_view user);

}  // namespace pillion::redis
