#include "rows.hpp"

#include <utility>

#include "setting.hpp"
#include "value.hpp"

namespace pillion::postgres {

RowReader::RowReader(const Query& query, const Shape& shape)
    : columns_(query, shape),
      shows_all_(!shape.many_databases || !(kTraits[query.collector].needs & kPerDatabase)) {}

void RowReader::OnStart() {
  columns_.StartRun();
  if (!finished_) last_.Forget();  // the host keeps what the last good run showed, and no other
  finished_ = false;
  first_ = true;
}

void RowReader::Finish(Sink&) {
  finished_ = true;
  last_nulls_ = nulls_;
}

// Rows that come one by one are of a large result: not kept.
bool RowReader::IsAsLast(const PGresult* rows) {
  if (std::exchange(first_, false) && shows_all_ && PQresultStatus(rows) == PGRES_TUPLES_OK) {
    return last_.Take(rows);
  }
  last_.Forget();
  return false;
}

Result<void> RowReader::OnRows(const PGresult* rows, Sink& sink) {
  if (IsAsLast(rows) && sink.Unchanged()) {
    nulls_ = last_nulls_;
    return {};
  }
  columns_.Prepare(rows, sink);
  Columns::Row row;
  const int count = PQntuples(rows);
  for (int i = 0; i < count; ++i) {
    const size_t nulls = columns_.Read(rows, i, row);
    if (!columns_.Fits(row)) continue;
    nulls_ += nulls;
    columns_.Emit(row, sink);
    columns_.EmitHistograms(rows, i, row, sink);
  }
  return {};
}

Result<void> SettingsReader::OnRows(const PGresult* rows, Sink& sink) {
  const Error unexpected{Reason::kProtocol, "the server's parameters came in an unknown form"};
  if (PQnfields(rows) != 4 || PQntuples(rows) > 1) return unexpected;
  if (PQntuples(rows) == 0) return {};
  state_of_run_ = Cell(rows, 0, 3);
  if (PQgetisnull(rows, 0, 0)) {
    return state_of_run_ == state_ && sink.Unchanged() ? Result<void>() : unexpected;
  }
  const bool labelled = shape_.compat.server_label();
  TextArray names(Cell(rows, 0, 0));
  TextArray units(Cell(rows, 0, 1));
  TextArray values(Cell(rows, 0, 2));
  std::string help;
  for (std::string_view name, unit, value; names.Next(name);) {
    if (!units.Next(unit) || !values.Next(value)) return unexpected;
    const auto setting = ConvertSetting(name, unit, value);
    if (!setting) continue;
    help.assign("Server parameter ").append(name).append(" (pg_settings.setting).");
    const Family family = sink.Declare({.name = setting->family,
                                        .help = help,
                                        .labels = labelled ? "server" : "",
                                        .collector = kSettings});
    if (!family.valid()) continue;
    const Labels labels = labelled ? sink.MakeLabels(family, {shape_.compat.server}) : Labels{};
    sink.Add(family, labels, setting->value);
  }
  if (!names.done() || !units.done() || !values.done()) return unexpected;
  return {};
}

void SettingsReader::Finish(Sink&) {
  state_ = state_of_run_;
  parameters_ = {state_.c_str()};
}

}  // namespace pillion::postgres
