// From what libpq and the server say to a Reason and a line for people. Pure.
#pragma once

#include "common/pq/connect_error.hpp"

#include <pillion/result.hpp>

#include <string>
#include <string_view>

namespace pillion::postgres {

// The reason behind an SQLSTATE with which a statement fails.
Reason StatementReason(std::string_view sqlstate);

// Whether the server ends the session with this SQLSTATE (shut down, crashed, restarting).
bool EndsSession(std::string_view sqlstate);

// Whether it says that a prepared statement is gone, is there already, or no longer fits.
bool IsAboutPrepared(std::string_view sqlstate);

// The statement that gives the predefined role `grant` to `role`, for messages about missing
// privileges.
std::string GrantHint(std::string_view role, std::string_view grant);

}  // namespace pillion::postgres
