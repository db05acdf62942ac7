// What libpq and a server say about a connection that failed: a Reason and a line for people. Pure.
#pragma once

#include <pillion/result.hpp>

#include <string>
#include <string_view>

namespace pillion::postgres {

// The reason behind an SQLSTATE with which the server refuses a connection.
Reason ConnectReason(std::string_view sqlstate);

// libpq hides the SQLSTATE of a failed connection; in its verbose messages it stands behind the
// severity ("FATAL:  28P01: password ..."). Empty if there is none.
std::string_view FindSqlstate(std::string_view verbose_message);

// One line without the "LOCATION" that verbose messages carry, at most 400 bytes.
std::string OneLine(std::string_view message);

}  // namespace pillion::postgres
