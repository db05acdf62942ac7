// Recording: what every statement of the exporter was answered by a server of one version, as a
// text file of testdata/versions.
//
//   # A comment.
//   version 12.22
//   @ stat_bgwriter 91a0...     a collector; the digest of the statement that was asked
//   buffers_clean_total:20 ...  its columns, each with the OID of its type
//   7f ...                      a row
//
// Columns and values have tabs between them. Numbers, times and the like are their bytes in binary
// form, read as one hexadecimal number. Elements of arrays have `|` between them. \N is NULL.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "postgres/queries.hpp"
#include "postgres/tests/fake_postgres.hpp"

namespace pillion::postgres {

// What extensions there are is asked for under this name.
inline constexpr const char* kExtensionsStatement = "(extensions)";

struct RecordedStatement {
  std::string digest;
  FakeAnswer answer;
};

struct Recording {
  std::string version;                                  // "12.22"
  std::map<std::string, RecordedStatement> statements;  // by collector

  // The version of an extension as SelectQuery takes it, 0 for one that was not there, and its
  // schema.
  int ExtensionVersion(std::string_view name) const;
  std::string ExtensionSchema(std::string_view name) const;
  // The statement that a collector asks a server like this; null: none.
  const Query* QueryOf(CollectorId collector) const;
};

// Of a statement as it stands in the tables, however its words are laid out.
std::string Digest(std::string_view sql);

// That of a server like "15". Throws if there is none or it cannot be read.
Recording ReadRecording(int major);
bool HasRecording(int major);
void WriteRecording(const Recording& recording);

// The columns of a result, and of its rows those few that hold a value where no other does.
FakeAnswer AnswerOf(const PGresult* rows);

}  // namespace pillion::postgres
