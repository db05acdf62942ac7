// From what libpq and the server say to a Reason and a line for people. Pure.
#pragma once

#include <pillion/result.hpp>

#include <string>
#include <string_view>

namespace pillion::postgres {

// The reason behind an SQLSTATE with which the server refuses a connection.
Reason ConnectReason(std::string_view sqlstate);

// The reason behind an SQLSTATE with which a statement fails.
Reason StatementReason(std::string_view sqlstate);

// Whether the server ends the session with this SQLSTATE (shut down, crashed, restarting).
bool EndsSession(std::string_view sqlstate);

// Whether it says that a prepared statement is gone, is there already, or no longer fits.
bool IsAboutPrepared(std::string_view sqlstate);

// libpq hides the SQLSTATE of a failed connection; in its verbose messages it stands behind the
// severity ("FATAL:  28P01: password ..."). Empty if there is none.
std::string_view FindSqlstate(std::string_view verbose_message);

// One line without the "LOCATION" that verbose messages carry, at most 400 bytes.
std::string OneLine(std::string_view message);

// The statement that lets `role` read statistics, for messages about missing privileges.
std::string GrantHint(std::string_view role);

}  // namespace pillion::postgres
