#include "extensions.hpp"

#include <charconv>

#include "reader.hpp"

namespace pillion::postgres {

const char* const Extensions::kSql =
    "SELECT e.extname, quote_ident(n.nspname), e.extversion FROM pg_extension e"
    " JOIN pg_namespace n ON n.oid = e.extnamespace"
    " WHERE e.extname IN ('pg_stat_statements', 'pg_buffercache')";

int ExtensionVersion(std::string_view text) {
  int major = 0;
  int minor = 0;
  const char* const end = text.data() + text.size();
  const auto [dot, failure] = std::from_chars(text.data(), end, major);
  if (failure != std::errc{} || dot == end || *dot != '.') return 0;
  if (std::from_chars(dot + 1, end, minor).ec != std::errc{}) return 0;
  if (major < 0 || major > 1000 || minor < 0 || minor > 99) return 0;
  return major * 100 + minor;
}

const Extension* Extensions::Find(std::string_view name) const {
  const auto found = known_.find(name);
  return found == known_.end() ? nullptr : &found->second;
}

void Extensions::Take(const PGresult* rows) {
  if (PQnfields(rows) != 3) return;
  for (int i = 0; i < PQntuples(rows); ++i) {
    known_[std::string(Cell(rows, i, 0))] = {std::string(Cell(rows, i, 1)),
                                             ExtensionVersion(Cell(rows, i, 2))};
  }
}

std::string InSchema(std::string_view sql, std::string_view schema) {
  constexpr std::string_view kPlace = "{schema}";
  std::string text;
  for (size_t at; (at = sql.find(kPlace)) != std::string_view::npos;) {
    text.append(sql.substr(0, at)).append(schema);
    sql.remove_prefix(at + kPlace.size());
  }
  return text.append(sql);
}

}  // namespace pillion::postgres
