#include "queries_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "common/text_file.hpp"

namespace pillion::postgres {
namespace {

constexpr size_t kProblemsMax = 20;
constexpr size_t kTextBytesMax = 200;  // of the file, in a message
constexpr int64_t kCacheSecondsMax = 30 * 86400;
constexpr int64_t kRowsMax = 100'000;

// One line of printable text.
std::string Shown(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, kTextBytesMax)) {
    shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return shown;
}

std::string Upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

class Reader {
 public:
  Reader(std::string path, QueriesFile& out) : path_(std::move(path)), out_(out) {}

  void ReadAll(const YAML::Node& root) {
    if (root.IsNull()) return Problem(out_.warnings, root, "it holds no query");
    if (!root.IsMap()) return Error(root, "must be a map of queries by name");
    for (const auto& entry : root) {
      if (!entry.first.IsScalar()) {
        Error(entry.first, "the name of a query must be a text");
        continue;
      }
      where_ = Shown(entry.first.Scalar());
      ReadQuery(entry.first, entry.second);
      where_.clear();
      if (out_.queries.size() > kCustomQueriesMax) {
        return Error(entry.first, "more than " + std::to_string(kCustomQueriesMax) + " queries");
      }
    }
  }

  void Error(const YAML::Node& at, const std::string& what) { Problem(out_.errors, at, what); }
  void Error(const YAML::Mark& at, const std::string& what) { Problem(out_.errors, at, what); }

 private:
  void Problem(std::vector<std::string>& list, const YAML::Node& at, const std::string& what) {
    Problem(list, at.Mark(), what);
  }
  void Problem(std::vector<std::string>& list, const YAML::Mark& at, const std::string& what) {
    if (list.size() == kProblemsMax) return;
    const std::string who = where_.empty() ? "" : where_ + ": ";
    list.push_back(Place(at) + ":" + std::to_string(std::max(at.column, 0) + 1) + ": " + who +
                   what);
  }
  std::string Place(const YAML::Mark& at) const {
    return path_ + ":" + std::to_string(std::max(at.line, 0) + 1);
  }

  // The text of a scalar; nothing, and an error, if it is something else.
  bool Text(const YAML::Node& node, const char* key, std::string& text) {
    if (!node.IsScalar()) {
      Error(node, std::string(key) + " must be a text");
      return false;
    }
    text = node.Scalar();
    return true;
  }

  void ReadVersions(const YAML::Node& node, const char* key, Versions& versions) {
    std::string text;
    if (!Text(node, key, text)) return;
    if (text.empty()) return;
    auto parsed = Versions::Parse(text);
    if (!parsed) {
      return Error(node,
                   std::string(key) + " must be comparisons such as \">=12\", or \">=9.6 <13\"");
    }
    versions = std::move(*parsed);
  }

  void ReadQuery(const YAML::Node& name, const YAML::Node& node) {
    if (!node.IsMap()) return Error(name, "must be a map with `query` and `metrics`");
    CustomQuery query;
    query.name = query.prefix = name.Scalar();
    query.place = Place(name.Mark());
    query.others = CustomQuery::Others::kUntyped;
    query.lenient = true;
    query.where = CustomQuery::Where::kAll;
    query.rows_max = kRowsMax;
    if (!IsQueryName(query.name)) {
      Error(name, "must be called by 1 to 64 letters, digits and _, and begin with no digit");
    }
    bool has_sql = false;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const YAML::Node& value = entry.second;
      if (key == "query") {
        has_sql = true;
        if (!Text(value, "query", query.sql)) continue;
        if (const std::string wrong = WrongSql(query.sql); !wrong.empty()) Error(value, wrong);
      } else if (key == "metrics") {
        ReadColumns(value, query);
      } else if (key == "cache_seconds") {
        ReadCacheSeconds(value, query);
      } else if (key == "runonserver") {
        ReadVersions(value, "runonserver", query.versions);
      } else if (key == "master") {
        bool master = false;
        if (!YAML::convert<bool>::decode(value, master)) {
          Error(value, "master must be true or false");
        }
        if (master) query.where = CustomQuery::Where::kConnection;
      } else {
        Problem(out_.warnings, entry.first, "unknown key `" + Shown(key) + "`");
      }
    }
    if (!has_sql) {
      return Problem(out_.warnings, name, "has no query: it is left out");
    }
    out_.queries.push_back(std::move(query));
  }

  void ReadCacheSeconds(const YAML::Node& node, CustomQuery& query) {
    int64_t seconds = 0;
    if (!node.IsScalar() || !YAML::convert<int64_t>::decode(node, seconds) || seconds < 0 ||
        seconds > kCacheSecondsMax) {
      return Error(node,
                   "cache_seconds must be a number from 0 to " + std::to_string(kCacheSecondsMax));
    }
    query.every = std::chrono::seconds(seconds);
  }

  void ReadColumns(const YAML::Node& node, CustomQuery& query) {
    if (node.IsNull()) return;
    if (!node.IsSequence() && !node.IsMap()) return Error(node, "metrics must be a list");
    for (const auto& item : node) {
      if (node.IsMap()) {
        ReadColumn(item.first, item.second, query);
      } else if (item.IsMap()) {
        for (const auto& entry : item) ReadColumn(entry.first, entry.second, query);
      } else {
        Error(item, "an item of metrics must be a map such as `- open: {usage: GAUGE}`");
      }
      if (query.columns.size() <= kCustomColumnsMax) continue;
      return Error(node, "more than " + std::to_string(kCustomColumnsMax) + " columns");
    }
  }

  void ReadColumn(const YAML::Node& name, const YAML::Node& node, CustomQuery& query) {
    CustomColumn column;
    column.kind = ColumnKind::kUntyped;
    if (!Text(name, "the name of a column", column.name)) return;
    if (!node.IsMap())
      return Error(name, "`" + Shown(column.name) + "` must be a map with `usage`");
    bool has_usage = false;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const YAML::Node& value = entry.second;
      if (key == "usage") {
        has_usage = ReadUsage(value, column);
        if (!has_usage) return;
      } else if (key == "description") {
        if (!value.IsNull()) Text(value, "description", column.help);
      } else if (key == "metric_mapping") {
        ReadMapping(value, column);
      } else if (key == "pg_version") {
        ReadVersions(value, "pg_version", column.versions);
      } else {
        Problem(out_.warnings, entry.first, "unknown key `" + Shown(key) + "`");
      }
    }
    if (!has_usage) return Error(name, "`" + Shown(column.name) + "` has no usage");
    if (column.kind == ColumnKind::kLabel) {
      if (const std::string wrong = WrongLabel(query, column.name); !wrong.empty())
        Error(name, wrong);
    }
    const auto same = std::find_if(query.columns.begin(), query.columns.end(),
                                   [&](const CustomColumn& c) { return c.name == column.name; });
    if (same != query.columns.end()) {
      return Error(name, "`" + Shown(column.name) + "` is there twice");
    }
    query.columns.push_back(std::move(column));
  }

  bool ReadUsage(const YAML::Node& node, CustomColumn& column) {
    static constexpr std::pair<std::string_view, ColumnKind> kUsages[] = {
        {"LABEL", ColumnKind::kLabel},         {"COUNTER", ColumnKind::kCounter},
        {"GAUGE", ColumnKind::kGauge},         {"HISTOGRAM", ColumnKind::kHistogram},
        {"MAPPEDMETRIC", ColumnKind::kMapped}, {"DURATION", ColumnKind::kDuration},
        {"DISCARD", ColumnKind::kDiscard},
    };
    std::string text;
    if (!Text(node, "usage", text)) return false;
    const std::string upper = Upper(text);
    for (const auto& [name, kind] : kUsages) {
      if (name != upper) continue;
      column.kind = kind;
      return true;
    }
    Error(node, "unknown usage `" + Shown(text) +
                    "`; there are LABEL, COUNTER, GAUGE, HISTOGRAM, MAPPEDMETRIC, DURATION and "
                    "DISCARD");
    return false;
  }

  void ReadMapping(const YAML::Node& node, CustomColumn& column) {
    if (node.IsNull()) return;
    if (!node.IsMap()) return Error(node, "metric_mapping must be a map of texts to numbers");
    for (const auto& entry : node) {
      double number = 0;
      if (!entry.first.IsScalar() || !entry.second.IsScalar() ||
          !YAML::convert<double>::decode(entry.second, number)) {
        Error(entry.first, "metric_mapping must be a map of texts to numbers");
        return;
      }
      if (column.mapping.size() == kCustomColumnsMax)
        return Error(node, "metric_mapping is too long");
      column.mapping.emplace_back(entry.first.Scalar(), number);
    }
  }

  const std::string path_;
  QueriesFile& out_;
  std::string where_;  // the query that is being read
};

}  // namespace

QueriesFile ParseQueriesFile(const std::string& text, const std::string& path) {
  QueriesFile file;
  Reader reader(path, file);
  try {
    reader.ReadAll(YAML::Load(text));
  } catch (const YAML::Exception& e) {
    reader.Error(e.mark, e.msg);
  }
  return file;
}

Result<std::string> ReadQueriesFile(const std::string& path) {
  return ReadTextFile(path, kQueriesFileBytesMax);
}

}  // namespace pillion::postgres
