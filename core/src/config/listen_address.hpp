// Listen addresses as they are written: "host:port", "[v6]:port", "unix:/path". Pure.
#pragma once

#include <string>
#include <string_view>

namespace pillion {

// Empty: it is one. Otherwise what is wrong and what is accepted.
std::string WrongListenAddress(std::string_view address);

// The admin plane: "127.0.0.1:port" or "localhost:port" only.
std::string WrongAdminAddress(std::string_view address);

}  // namespace pillion
