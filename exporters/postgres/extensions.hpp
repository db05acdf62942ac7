// Extensions: which of those that collectors need the session's database has, where and how new.
#pragma once

#include <libpq-fe.h>

#include <map>
#include <string>
#include <string_view>

namespace pillion::postgres {

struct Extension {
  std::string schema;  // quoted as SQL wants it
  int version = 0;     // "1.10" is 110
};

// The version "1.10" as 110; 0: not of that form.
int ExtensionVersion(std::string_view text);

class Extensions {
 public:
  // One row per extension: name, quoted schema, version.
  static const char* const kSql;

  // Null: not there, or not looked up yet.
  const Extension* Find(std::string_view name) const;
  void Take(const PGresult* rows);
  void Forget() { known_.clear(); }

 private:
  std::map<std::string, Extension, std::less<>> known_;
};

// `sql` with the schema for each `{schema}`.
std::string InSchema(std::string_view sql, std::string_view schema);

}  // namespace pillion::postgres
