#include "rows.hpp"

#include <algorithm>

#include "metrics.hpp"
#include "setting.hpp"
#include "value.hpp"

namespace pillion::postgres {
namespace {

std::string_view Bytes(const PGresult* rows, int row, int column) {
  return {PQgetvalue(rows, row, column), static_cast<size_t>(PQgetlength(rows, row, column))};
}

// The metric of the collector whose name is its prefix and then `column`; -1: none.
int FindMetric(CollectorId collector, std::string_view column) {
  const auto metrics = Metrics();
  const std::string_view prefix = kTraits[collector].prefix;
  for (size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i].collector != collector) continue;
    if (metrics[i].name.substr(prefix.size()) == column) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

bool DatabaseFilter::Fits(std::string_view database) const {
  const auto has = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), database) != list.end();
  };
  return database.empty() || ((include.empty() || has(include)) && !has(exclude));
}

size_t RowReader::LabelSetFor(const PGresult* rows, uint32_t metric) {
  const std::string_view names = Metrics()[metric].labels;
  for (size_t i = 0; i < label_sets_.size(); ++i) {
    if (label_sets_[i].names == names) return i;
  }
  LabelSet& set = label_sets_.emplace_back();
  set.names = names;
  set.family = Family(metric);
  for (const pillion_str name : detail::SplitNames(names)) {
    int found = -1;
    for (int column = 0; column < query_.labels && found < 0; ++column) {
      if (ToView(name) == PQfname(rows, column)) found = column;
    }
    set.columns.push_back(found);
  }
  return label_sets_.size() - 1;
}

void RowReader::Bind(const PGresult* rows) {
  columns_ = PQnfields(rows);
  database_column_ = -1;
  label_types_.clear();
  label_sets_.clear();
  values_.clear();
  for (int column = 0; column < columns_; ++column) {
    const std::string_view name = PQfname(rows, column);
    if (column < query_.labels) {
      label_types_.push_back(PQftype(rows, column));
      if (name == "datname") database_column_ = column;
      continue;
    }
    const int metric = FindMetric(query_.collector, name);
    if (metric < 0) continue;
    const auto index = static_cast<uint32_t>(metric);
    values_.push_back({column, PQftype(rows, column), index, LabelSetFor(rows, index)});
  }
}

void RowReader::AddRow(const PGresult* rows, int row, Sink& sink) {
  std::string scratch[kLabelColumnsMax];
  std::string_view texts[kLabelColumnsMax];
  const size_t labels = std::min(label_types_.size(), kLabelColumnsMax);
  for (size_t i = 0; i < labels; ++i) {
    const std::string_view bytes = Bytes(rows, row, static_cast<int>(i));
    texts[i] = DecodeLabel(label_types_[i], bytes, scratch[i]);
  }
  if (database_column_ >= 0 && !filter_.Fits(texts[database_column_])) return;

  Labels made[kLabelColumnsMax];
  bool is_made[kLabelColumnsMax] = {};
  for (const Value& value : values_) {
    if (PQgetisnull(rows, row, value.column)) {
      ++nulls_;
      continue;
    }
    const auto number = DecodeNumber(value.type, Bytes(rows, row, value.column));
    if (!number) continue;
    const LabelSet& set = label_sets_[value.label_set];
    if (!set.columns.empty() && !is_made[value.label_set]) {
      std::string_view ordered[kLabelColumnsMax];
      for (size_t i = 0; i < set.columns.size(); ++i) {
        if (set.columns[i] >= 0) ordered[i] = texts[set.columns[i]];
      }
      made[value.label_set] = sink.MakeLabels(set.family, std::span(ordered, set.columns.size()));
      is_made[value.label_set] = true;
    }
    sink.Add(Family(value.metric), made[value.label_set], *number);
  }
}

void RowReader::Add(const PGresult* rows, Sink& sink) {
  if (columns_ != PQnfields(rows)) Bind(rows);
  const int count = PQntuples(rows);
  rows_ += static_cast<size_t>(count);
  for (int row = 0; row < count; ++row) AddRow(rows, row, sink);
}

RowReader& RowReaders::Start(const Query& query) {
  auto& reader = readers_[query.collector];
  if (!reader) reader.emplace(query, filter_);
  reader->Start();
  return *reader;
}

bool RowReaders::WasSmall(CollectorId collector) const {
  const auto& reader = readers_[collector];
  return reader && reader->rows() <= kSmallRowsMax;
}

void RowReaders::Forget() {
  for (auto& reader : readers_) reader.reset();
}

Result<void> AddSettings(const PGresult* rows, Sink& sink) {
  const Error unexpected{Reason::kProtocol, "the server's parameters came in an unknown form"};
  if (PQnfields(rows) != 3 || PQntuples(rows) > 1) return unexpected;
  if (PQntuples(rows) == 0) return {};
  TextArray names(Bytes(rows, 0, 0));
  TextArray units(Bytes(rows, 0, 1));
  TextArray values(Bytes(rows, 0, 2));
  std::string help;
  for (std::string_view name, unit, value; names.Next(name);) {
    if (!units.Next(unit) || !values.Next(value)) return unexpected;
    const auto setting = ConvertSetting(name, unit, value);
    if (!setting) continue;
    help.assign("Server parameter ").append(name).append(" (pg_settings.setting).");
    const Family family =
        sink.Declare({.name = setting->family, .help = help, .collector = kSettings});
    if (family.valid()) sink.Add(family, setting->value);
  }
  if (!names.done() || !units.done() || !values.done()) return unexpected;
  return {};
}

}  // namespace pillion::postgres
