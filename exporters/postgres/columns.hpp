// Columns: which families the columns of a result feed, by their names, and how.
#pragma once

#include <libpq-fe.h>
#include <pillion/sink.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases.hpp"
#include "queries.hpp"

namespace pillion::postgres {

// What belongs to an instance and every reader of it.
struct Shape {
  std::vector<std::string> include = {};  // patterns of databases to show; empty: all
  std::vector<std::string> exclude = {};  // goes before include
  Compat compat = {};
  // Databases beside that of the connection are read: families of kPerDatabase collectors have the
  // label `datname`, whatever the peers do.
  bool many_databases = false;
  std::string database = {};  // the session's

  // Whether the database is shown. The empty name stands for what belongs to none and always fits.
  bool Fits(std::string_view name) const;
};

class Columns {
 public:
  static constexpr size_t kLabelsMax = 8;   // label columns of a query; more are ignored
  static constexpr size_t kValuesMax = 64;  // value columns that feed families; more are ignored

  // A row's texts and numbers, in the order of the columns that are used.
  struct Row {
    std::array<std::string_view, kLabelsMax> texts;
    std::array<double, kValuesMax> numbers;
    std::array<bool, kValuesMax> known;  // false: NULL, or no number
    std::array<std::string, kLabelsMax> scratch;
  };

  Columns(const Query& query, const Shape& shape) : query_(query), shape_(shape) {}

  // Before the first row of a run: families that are declared at run time live for one.
  void StartRun() { declared_ = false; }
  // Looks at the columns' names, the first time, and declares what must be.
  void Prepare(const PGresult* rows, Sink& sink);

  // Reads a row; returns how many of its numbers are NULL.
  size_t Read(const PGresult* rows, int row, Row& out) const;
  // Whether the row's database is shown.
  bool Fits(const Row& row) const;
  // Gives the row's numbers to the sink.
  void Emit(const Row& row, Sink& sink) const;
  // The histograms of a row: array columns, see queries.hpp.
  void EmitHistograms(const PGresult* rows, int number, const Row& row, Sink& sink) const;

  size_t texts() const { return label_types_.size(); }
  size_t numbers() const { return sources_.size(); }
  // Whether a number counts up: rows of it may be summed.
  bool IsCounter(size_t number) const { return sources_[number].counts; }
  // Which of the texts is the label; kLabelsMax: none.
  size_t TextNamed(std::string_view label) const;

 private:
  struct Target {  // a family
    Metric metric;
    std::string labels;  // of one that is declared at run time
    Family family;
    bool at_run_time;
    size_t label_set;
    double scale;
    bool null_is_nan;
    size_t number;  // the source that feeds it
  };
  struct Source {  // a column of numbers
    int column;
    uint32_t type;
    bool counts;
  };
  // Families with the same label names share one set of labels per row.
  struct LabelSet {
    std::string_view names;
    std::vector<size_t> texts;  // of a row, or what columns.cpp has for others
    size_t target;              // any of them
  };
  struct HistogramColumns {
    size_t target;
    int bounds, buckets, sum, count;
  };

  void Bind(const PGresult* rows);
  void BindColumn(const PGresult* rows, int column);
  // The labels that a family has beyond those of the metric table.
  std::string MoreLabels(const Metric& metric) const;
  void AddTarget(const Metric& metric, const Alias* alias, int index, size_t number);
  size_t LabelSetFor(size_t target);
  Labels LabelsOf(const LabelSet& set, const Row& row, Sink& sink) const;

  const Query& query_;
  const Shape& shape_;
  bool bound_ = false;
  bool declared_ = false;
  std::vector<uint32_t> label_types_;
  std::vector<std::string> label_names_;
  size_t database_text_ = kLabelsMax;
  std::vector<Source> sources_;
  std::deque<Target> targets_;  // their addresses stay: metrics point into them
  std::vector<LabelSet> label_sets_;
  std::vector<HistogramColumns> histograms_;
};

}  // namespace pillion::postgres
