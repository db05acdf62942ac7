#include "list.hpp"

#include "../reader.hpp"

namespace pillion::postgres {

// A limit of -2 marks one whose DROP was broken off.
const char* const DatabaseList::kSql =
    "SELECT datname, datallowconn AND datconnlimit <> -2"
    " AND has_database_privilege(oid, 'CONNECT') AS open"
    " FROM pg_database WHERE NOT datistemplate AND datname <> current_database() ORDER BY oid";

void DatabaseList::Take(const PGresult* rows, bool first) {
  if (first) all.clear();
  fresh = true;
  if (PQnfields(rows) != 2) return;
  for (int i = 0; i < PQntuples(rows); ++i) {
    const std::string_view open = Cell(rows, i, 1);
    all.push_back({std::string(Cell(rows, i, 0)), !open.empty() && open[0] != '\0'});
  }
}

}  // namespace pillion::postgres
