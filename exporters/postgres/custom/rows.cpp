#include "rows.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "cells.hpp"

namespace pillion::postgres {
namespace {

std::string_view Text(const PGresult* rows, int row, int column) {
  return {PQgetvalue(rows, row, column), static_cast<size_t>(PQgetlength(rows, row, column))};
}

// The first column of this name; -1: none.
int FindColumn(const PGresult* rows, std::string_view name) {
  for (int i = 0; i < PQnfields(rows); ++i) {
    if (PQfname(rows, i) == name) return i;
  }
  return -1;
}

std::string Quoted(std::string_view name) { return "`" + std::string(name) + "`"; }

MetricType TypeOf(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kCounter: return MetricType::kCounter;
    case ColumnKind::kUntyped: return MetricType::kUnknown;
    case ColumnKind::kHistogram: return MetricType::kHistogram;
    default: return MetricType::kGauge;
  }
}

}  // namespace

std::string WrongColumns(const CustomQuery& query, const PGresult* result, int server) {
  if (PQnfields(result) == 0) return "it gives no columns";
  if (query.lenient) return {};
  for (const CustomColumn& column : query.columns) {
    if (!column.versions.Has(server)) continue;
    std::vector<std::string> needed = {column.name};
    if (column.kind == ColumnKind::kHistogram) {
      for (const char* part : {"_bucket", "_sum", "_count"}) needed.push_back(column.name + part);
    }
    for (const std::string& name : needed) {
      if (FindColumn(result, name) < 0) return "the result has no column " + Quoted(name);
    }
  }
  if (query.others == CustomQuery::Others::kDiscard) return {};
  for (int i = 0; i < PQnfields(result); ++i) {
    if (IsQueryName(PQfname(result, i))) continue;
    return "column " + std::to_string(i + 1) +
           " has no name that a metric can have; write AS name behind it";
  }
  return {};
}

Result<void> CustomRows::LeaveOut(std::string what) {
  if (!query_.lenient) return Error{Reason::kProtocol, std::move(what)};
  if (left_out_.empty()) left_out_ = std::move(what);
  return {};
}

Family CustomRows::Declare(const CustomColumn& column, Sink& sink) const {
  std::string name = query_.prefix + "_" + column.name;
  if (column.kind == ColumnKind::kDuration) name += "_milliseconds";
  const std::string help = column.help.empty()
                               ? "Column " + column.name + " of the query " + query_.name + "."
                               : column.help;
  return sink.Declare({.name = name,
                       .type = TypeOf(column.kind),
                       .help = help,
                       .labels = label_names_,
                       .collector = collector_});
}

Result<void> CustomRows::BindColumn(const PGresult* rows, const CustomColumn& column, int at,
                                    Sink& sink) {
  Value value{at, PQftype(rows, at), &column, Declare(column, sink)};
  if (!value.family.valid()) {
    return LeaveOut("column " + Quoted(column.name) + " cannot be shown as " + query_.prefix + "_" +
                    column.name + ": that family has another type elsewhere");
  }
  if (column.kind == ColumnKind::kHistogram) {
    value.buckets = FindColumn(rows, column.name + "_bucket");
    value.sum = FindColumn(rows, column.name + "_sum");
    value.count = FindColumn(rows, column.name + "_count");
    if (value.buckets < 0 || value.sum < 0 || value.count < 0) {
      return LeaveOut("the histogram " + Quoted(column.name) + " needs the columns " +
                      Quoted(column.name + "_bucket") + ", " + Quoted(column.name + "_sum") +
                      " and " + Quoted(column.name + "_count"));
    }
  }
  values_.push_back(value);
  return {};
}

Result<void> CustomRows::BindOthers(const PGresult* rows, std::vector<bool>& taken, Sink& sink) {
  if (query_.others == CustomQuery::Others::kDiscard) return {};
  const bool gauge = query_.others == CustomQuery::Others::kGauge;
  others_.reserve(taken.size());  // values point into it
  for (size_t i = 0; i < taken.size(); ++i) {
    if (taken[i]) continue;
    const std::string name = PQfname(rows, static_cast<int>(i));
    if (!IsQueryName(name)) {
      auto left = LeaveOut("column " + std::to_string(i + 1) +
                           " has no name that a metric can have; write AS name behind it");
      if (!left.ok()) return left;
      continue;
    }
    const CustomColumn& column = others_.emplace_back(
        CustomColumn{.name = name,
                     .kind = gauge ? ColumnKind::kGauge : ColumnKind::kUntyped,
                     .help = gauge ? "" : "Unknown metric from " + query_.name});
    if (auto bound = BindColumn(rows, column, static_cast<int>(i), sink); !bound.ok()) return bound;
  }
  return {};
}

void CustomRows::AddOwnLabels(const PGresult* rows) {
  const auto add = [&](const char* name) {
    for (const Label& label : labels_) {
      if (std::string_view(PQfname(rows, label.column)) == name) return false;
    }
    label_names_.append(label_names_.empty() ? "" : ",").append(name);
    return true;
  };
  has_server_label_ = query_.as_old && add("server");
  has_database_label_ = query_.where != CustomQuery::Where::kConnection && add("datname");
}

Result<void> CustomRows::Bind(const PGresult* rows, Sink& sink) {
  std::vector<bool> taken(static_cast<size_t>(PQnfields(rows)));
  const auto take = [&](int column) {
    if (column >= 0) taken[static_cast<size_t>(column)] = true;
  };
  // Labels first: the families need their names.
  for (const CustomColumn& column : query_.columns) {
    if (column.kind != ColumnKind::kLabel || !column.versions.Has(server_)) continue;
    const int at = FindColumn(rows, column.name);
    if (at < 0) {
      auto left = LeaveOut("the result has no column " + Quoted(column.name));
      if (!left.ok()) return left;
      continue;
    }
    take(at);
    labels_.push_back({at, PQftype(rows, at)});
    label_names_ += (label_names_.empty() ? "" : ",") + column.name;
  }
  AddOwnLabels(rows);
  for (const CustomColumn& column : query_.columns) {
    const int at = FindColumn(rows, column.name);
    take(at);
    if (column.kind == ColumnKind::kHistogram) {
      for (const char* part : {"_bucket", "_sum", "_count"}) {
        take(FindColumn(rows, column.name + part));
      }
    }
    if (column.kind == ColumnKind::kLabel || column.kind == ColumnKind::kDiscard ||
        !column.versions.Has(server_)) {
      continue;
    }
    auto bound = at >= 0 ? BindColumn(rows, column, at, sink)
                         : LeaveOut("the result has no column " + Quoted(column.name));
    if (!bound.ok()) return bound;
  }
  return BindOthers(rows, taken, sink);
}

Result<void> CustomRows::AddHistogram(const PGresult* rows, int row, const Value& value,
                                      Labels labels, Sink& sink) {
  for (const int column : {value.buckets, value.sum, value.count}) {
    if (PQgetisnull(rows, row, column)) return {};
  }
  auto bounds = CellNumbers(Text(rows, row, value.column));
  auto counts = CellNumbers(Text(rows, row, value.buckets));
  const auto sum = CellNumber(PQftype(rows, value.sum), Text(rows, row, value.sum));
  const auto count = CellNumber(PQftype(rows, value.count), Text(rows, row, value.count));
  if (!bounds || !counts || !sum || !count) {
    return LeaveOut("the histogram " + Quoted(value.source->name) +
                    " holds what is no number, or no array of numbers");
  }
  if (!bounds->empty() && std::isinf(bounds->back())) bounds->pop_back();
  if (counts->size() < bounds->size() || !std::is_sorted(bounds->begin(), bounds->end())) {
    return LeaveOut("the histogram " + Quoted(value.source->name) +
                    " needs ascending bounds and a count for each");
  }
  counts->resize(bounds->size());
  sink.Add(
      value.family, labels,
      Histogram{.bounds = *bounds, .cumulative_counts = *counts, .count = *count, .sum = *sum});
  return {};
}

Result<void> CustomRows::AddValue(const PGresult* rows, int row, const Value& value, Labels labels,
                                  Sink& sink) {
  const std::string_view text = Text(rows, row, value.column);
  std::optional<double> number;
  switch (value.source->kind) {
    case ColumnKind::kHistogram: return AddHistogram(rows, row, value, labels, sink);
    case ColumnKind::kMapped:
      for (const auto& [from, to] : value.source->mapping) {
        if (from == text) number = to;
      }
      if (!number) return {};  // a state that nobody has given a number
      break;
    case ColumnKind::kDuration:
      if (text == "-1") return {};  // as postgres_exporter: there is none
      number = ParseGoDuration(text);
      if (!number) number = ParseInterval(text);
      if (number) *number *= 1000;
      break;
    default: number = CellNumber(value.type, text);
  }
  if (!number) {
    return LeaveOut("column " + Quoted(value.source->name) + " holds what is no number");
  }
  sink.Add(value.family, labels, *number);
  return {};
}

Result<void> CustomRows::AddRow(const PGresult* rows, int row, Sink& sink) {
  std::string_view texts[Sink::kLabelsMax + 1];
  std::string scratch[Sink::kLabelsMax];
  size_t count = std::min(labels_.size(), kCustomLabelsMax);
  for (size_t i = 0; i < count; ++i) {
    const auto& [column, type] = labels_[i];
    if (PQgetisnull(rows, row, column)) continue;
    texts[i] = CellLabel(type, Text(rows, row, column), query_.lenient, scratch[i]);
  }
  if (has_server_label_) texts[count++] = address_;
  if (has_database_label_) texts[count++] = database_;
  Labels labels;
  if (count > 0) labels = sink.MakeLabels(values_[0].family, std::span(texts, count));
  for (const Value& value : values_) {
    if (PQgetisnull(rows, row, value.column)) {
      const bool shown = query_.as_old && value.source->kind != ColumnKind::kHistogram;
      if (shown) sink.Add(value.family, labels, std::nan(""));
      continue;
    }
    if (auto added = AddValue(rows, row, value, labels, sink); !added.ok()) return added;
  }
  return {};
}

Result<void> CustomRows::Add(const PGresult* rows, Sink& sink) {
  if (!bound_) {
    bound_ = true;
    if (auto bound = Bind(rows, sink); !bound.ok()) return bound;
  }
  if (values_.empty()) return {};
  for (int row = 0; row < PQntuples(rows); ++row) {
    if (auto added = AddRow(rows, row, sink); !added.ok()) return added;
  }
  return {};
}

}  // namespace pillion::postgres
