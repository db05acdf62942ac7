#include "records.hpp"

#include <algorithm>
#include <string_view>

namespace pillion::postgres {
namespace {

ColumnKind KindOf(std::string_view type) {
  if (type == "counter") return ColumnKind::kCounter;
  if (type == "gauge") return ColumnKind::kGauge;
  return type == "histogram" ? ColumnKind::kHistogram : ColumnKind::kUntyped;
}

CustomColumn* Find(CustomQuery& query, std::string_view column) {
  const auto at = std::find_if(query.columns.begin(), query.columns.end(),
                               [&](const CustomColumn& c) { return c.name == column; });
  return at == query.columns.end() ? nullptr : &*at;
}

void ReadColumns(const Record& record, CustomQuery& query) {
  for (const std::string_view name : record.StringList("labels")) {
    const std::string label(name);
    if (const std::string wrong = WrongLabel(query, label); !wrong.empty())
      record.Refuse("labels", wrong);
    if (Find(query, label) != nullptr) {
      record.Refuse("labels", "`" + label + "` is in the list twice");
    }
    query.columns.push_back({.name = label, .kind = ColumnKind::kLabel});
  }
  for (const auto& [name, type] : record.StringMap("values")) {
    const std::string value(name);
    if (Find(query, value) != nullptr) {
      record.Refuse("values", "`" + value + "` is a label already");
    }
    query.columns.push_back({.name = value, .kind = KindOf(type)});
  }
  if (!record.IsSet("values")) query.others = CustomQuery::Others::kGauge;
  if (query.columns.size() > kCustomColumnsMax) {
    record.Refuse("values", "more than " + std::to_string(kCustomColumnsMax) + " columns");
  }
  for (const auto& [name, text] : record.StringMap("help")) {
    if (CustomColumn* column = Find(query, name)) {
      column->help = text;
    } else if (query.others == CustomQuery::Others::kDiscard) {
      record.Refuse("help", "`" + std::string(name) + "` is none of the values");
    } else {
      query.columns.push_back({.name = std::string(name), .help = std::string(text)});
    }
  }
}

CustomQuery ReadQuery(const Record& record) {
  CustomQuery query;
  query.name = record.String("name");
  query.sql = record.String("sql");
  query.prefix = record.String("prefix", query.name);
  query.every = record.Duration("every");
  query.timeout = record.Duration("timeout");
  query.rows_max = record.Int("max_rows", query.rows_max);
  query.enabled = record.Bool("enabled", true);
  if (!IsQueryName(query.name)) {
    record.Refuse("name", "must be 1 to 64 letters, digits and _, and begin with no digit");
  } else if (!IsQueryName(query.prefix)) {
    record.Refuse("prefix", "must be 1 to 64 letters, digits and _, and begin with no digit");
  }
  if (const std::string wrong = WrongSql(query.sql); !wrong.empty()) record.Refuse("sql", wrong);
  if (const std::string_view text = record.String("server_version"); !text.empty()) {
    if (auto versions = Versions::Parse(text)) {
      query.versions = std::move(*versions);
    } else {
      record.Refuse("server_version", "expected comparisons such as \">=13\" or \">=12 <15\"");
    }
  }
  const std::string_view run_on = record.String("run_on");
  if (run_on == "primary") query.run_on = CustomQuery::RunOn::kPrimary;
  if (run_on == "replica") query.run_on = CustomQuery::RunOn::kReplica;
  for (const std::string_view pattern : record.StringList("databases")) {
    query.databases.emplace_back(pattern);
  }
  if (!query.databases.empty()) query.where = CustomQuery::Where::kNamed;
  ReadColumns(record, query);
  return query;
}

}  // namespace

std::vector<std::pair<CustomQuery, Record>> ReadQueryRecords(const Options& options) {
  std::vector<std::pair<CustomQuery, Record>> queries;
  for (const Record& record : options.Records("query")) {
    CustomQuery query = ReadQuery(record);
    const bool twice = std::any_of(queries.begin(), queries.end(), [&](const auto& other) {
      return other.first.name == query.name;
    });
    if (twice) record.Refuse("name", "there is another query of this name");
    queries.emplace_back(std::move(query), record);
  }
  return queries;
}

}  // namespace pillion::postgres
