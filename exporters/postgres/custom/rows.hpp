// CustomRows: from the rows of a custom query, in text form, to samples.
//
// One for each run of the query; its families are declared when the first result comes.
#pragma once

#include <libpq-fe.h>
#include <pillion/sink.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query.hpp"

namespace pillion::postgres {

// What the columns of a result lack, or have too much, for a query that is strict; or nothing.
std::string WrongColumns(const CustomQuery& query, const PGresult* result, int server);

class CustomRows {
 public:
  // `server`: its version as PQserverVersion gives it; `address`: host:port; `database`: that of
  // the session. `query` must outlive this.
  CustomRows(const CustomQuery& query, uint32_t collector, int server, std::string address,
             std::string database)
      : query_(query),
        collector_(collector),
        server_(server),
        address_(std::move(address)),
        database_(std::move(database)) {}

  // A failure is one of the whole query. Between Begin and End of its collector.
  Result<void> Add(const PGresult* rows, Sink& sink);

  // What was left out of a query that is lenient, the first thing only; empty: nothing.
  const std::string& left_out() const { return left_out_; }

 private:
  struct Label {
    int column;
    uint32_t type;
  };
  struct Value {
    int column;
    uint32_t type;
    const CustomColumn* source;
    Family family;
    int buckets = -1, sum = -1, count = -1;  // columns of a histogram
  };

  Result<void> Bind(const PGresult* rows, Sink& sink);
  void AddOwnLabels(const PGresult* rows);
  Result<void> BindColumn(const PGresult* rows, const CustomColumn& column, int at, Sink& sink);
  Result<void> BindOthers(const PGresult* rows, std::vector<bool>& taken, Sink& sink);
  Family Declare(const CustomColumn& column, Sink& sink) const;
  Result<void> AddRow(const PGresult* rows, int row, Sink& sink);
  Result<void> AddValue(const PGresult* rows, int row, const Value& value, Labels labels,
                        Sink& sink);
  Result<void> AddHistogram(const PGresult* rows, int row, const Value& value, Labels labels,
                            Sink& sink);
  // An error of a query that is strict; else it is noted as left out.
  Result<void> LeaveOut(std::string what);

  const CustomQuery& query_;
  const uint32_t collector_;
  const int server_;
  const std::string address_;
  const std::string database_;
  bool has_server_label_ = false;  // behind those of the query
  bool has_database_label_ = false;
  bool bound_ = false;
  std::string label_names_;  // comma separated
  std::vector<Label> labels_;
  std::vector<Value> values_;
  std::vector<CustomColumn> others_;  // columns that the query does not name
  std::string left_out_;
};

}  // namespace pillion::postgres
