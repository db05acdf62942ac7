#include "failure.hpp"

namespace pillion::postgres {

Reason StatementReason(std::string_view sqlstate) {
  const std::string_view group = sqlstate.substr(0, 2);
  if (sqlstate == "42501") return Reason::kPermission;
  if (sqlstate == "57014" || sqlstate == "55P03") return Reason::kTimeout;
  // A table, column or function that this server does not have, or a feature it lacks.
  if (sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "42883" || sqlstate == "42704" ||
      group == "0A") {
    return Reason::kVersion;
  }
  if (group == "53" || group == "54") return Reason::kLimit;
  if (EndsSession(sqlstate)) return Reason::kRefused;
  return Reason::kInternal;
}

bool EndsSession(std::string_view sqlstate) {
  return sqlstate.starts_with("57P0") || sqlstate.starts_with("08");
}

bool IsAboutPrepared(std::string_view sqlstate) {
  return sqlstate == "26000" || sqlstate == "42P05" || sqlstate == "0A000";
}

std::string GrantHint(std::string_view role, std::string_view grant) {
  std::string hint = "GRANT ";
  hint.append(grant).append(" TO \"");
  for (const char c : role) hint.append(c == '"' ? 2 : 1, c);
  return hint + '"';
}

}  // namespace pillion::postgres
