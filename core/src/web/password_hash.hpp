// Passwords as bcrypt hashes, by the system's crypt(3).
#pragma once

#include <string>
#include <string_view>

namespace pillion::web {

inline constexpr int kBcryptCostMin = 4;
inline constexpr int kBcryptCostMax = 16;  // some 4 s of CPU; each step doubles it

// Empty: a hash that VerifyPassword takes. Never tells the hash. Pure.
std::string WrongHash(std::string_view hash);

// The hash's cost. Pure.
int BcryptCost(std::string_view hash);

// Takes 2^cost * 60 us of CPU, whether it fits or not. As with bcrypt everywhere, bytes of the
// password beyond 72 don't count. Any thread.
bool VerifyPassword(const std::string& password, const std::string& hash);

}  // namespace pillion::web
