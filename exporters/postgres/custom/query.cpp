#include "query.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace pillion::postgres {
namespace {

constexpr size_t kNameBytesMax = 64;
// COPY above all would take the connection out of the protocol that all statements share.
constexpr std::string_view kFirstWords[] = {"select", "with", "values", "table", "show", "explain"};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Behind blanks and comments; a comment that does not end leaves nothing.
std::string_view SkipComments(std::string_view sql) {
  for (;;) {
    const size_t start = sql.find_first_not_of(" \t\r\n\f");
    if (start == std::string_view::npos) return {};
    sql.remove_prefix(start);
    if (sql.substr(0, 2) == "--") {
      const size_t end = sql.find('\n');
      if (end == std::string_view::npos) return {};
      sql.remove_prefix(end);
    } else if (sql.substr(0, 2) == "/*") {
      size_t depth = 0;
      size_t at = 0;
      do {
        if (sql.substr(at, 2) == "/*") {
          ++depth;
          at += 2;
        } else if (sql.substr(at, 2) == "*/") {
          --depth;
          at += 2;
        } else {
          ++at;
        }
      } while (depth > 0 && at < sql.size());
      if (depth > 0) return {};
      sql.remove_prefix(at);
    } else {
      return sql;
    }
  }
}

}  // namespace

std::string WrongSql(const std::string& sql) {
  if (sql.size() > kCustomSqlBytesMax) {
    return "longer than " + std::to_string(kCustomSqlBytesMax) + " bytes";
  }
  if (sql.find('\0') != std::string::npos) return "holds a NUL";
  std::string_view rest = SkipComments(sql);
  while (!rest.empty() && rest[0] == '(') rest = SkipComments(rest.substr(1));
  std::string word;
  for (const char c : rest) {
    if (!IsLetter(c)) break;
    word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (word.size() > kNameBytesMax) break;
  }
  if (std::find(std::begin(kFirstWords), std::end(kFirstWords), word) != std::end(kFirstWords)) {
    return {};
  }
  return "must be one statement that reads: it begins with SELECT, WITH, VALUES, TABLE, SHOW or "
         "EXPLAIN";
}

bool IsQueryName(const std::string& name) {
  return !name.empty() && name.size() <= kNameBytesMax && IsLetter(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c); });
}

std::string WrongLabel(const CustomQuery& query, const std::string& name) {
  const auto labels =
      std::count_if(query.columns.begin(), query.columns.end(),
                    [](const CustomColumn& c) { return c.kind == ColumnKind::kLabel; });
  if (static_cast<size_t>(labels) >= kCustomLabelsMax) {
    return "more than " + std::to_string(kCustomLabelsMax) + " labels";
  }
  if (!IsQueryName(name) || name.substr(0, 2) == "__") {
    return "`" + name + "` cannot be a label; give the column a name of a-z, 0-9 and _ (AS name)";
  }
  if (name == "le" || name == "quantile") {
    return "`" + name + "` cannot be a label: histograms and summaries use it themselves";
  }
  return {};
}

}  // namespace pillion::postgres
