#include "columns.hpp"

#include <algorithm>
#include <cmath>

#include "databases/patterns.hpp"
#include "metrics.hpp"
#include "reader.hpp"
#include "value.hpp"

namespace pillion::postgres {
namespace {

// Texts that are in no row.
constexpr size_t kServerText = Columns::kLabelsMax;
constexpr size_t kDatabaseText = Columns::kLabelsMax + 1;
constexpr size_t kNoText = Columns::kLabelsMax + 2;

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

bool Shape::Fits(std::string_view name) const {
  return name.empty() || ((include.empty() || FitsAny(include, name)) && !FitsAny(exclude, name));
}

void Columns::Prepare(const PGresult* rows, Sink& sink) {
  if (!bound_) Bind(rows);
  bound_ = true;
  if (declared_) return;
  declared_ = true;
  for (Target& target : targets_) {
    if (target.at_run_time) target.family = sink.Declare(target.metric);
  }
}

void Columns::Bind(const PGresult* rows) {
  const int columns = PQnfields(rows);
  for (int column = 0; column < std::min<int>(query_.labels, kLabelsMax); ++column) {
    if (column >= columns) return;
    label_types_.push_back(PQftype(rows, column));
    label_names_.emplace_back(PQfname(rows, column));
  }
  database_text_ = TextNamed("datname");
  for (int column = query_.labels; column < columns; ++column) {
    if (sources_.size() < kValuesMax) BindColumn(rows, column);
  }
}

void Columns::BindColumn(const PGresult* rows, int column) {
  const std::string_view name = PQfname(rows, column);
  const std::string family = std::string(kTraits[query_.collector].prefix).append(name);
  const int index = FindMetric(query_.collector, name);
  const auto aliases = shape_.compat.Of(family);
  if (index < 0 && aliases.empty()) return;
  const Metric* metric = index < 0 ? nullptr : &Metrics()[static_cast<size_t>(index)];
  if (metric != nullptr && metric->type == MetricType::kHistogram) {
    const auto at = [&](const char* suffix) {
      return PQfnumber(rows, (std::string(name) + suffix).c_str());
    };
    histograms_.push_back({targets_.size(), column, at("_bucket"), at("_sum"), at("_count")});
    AddTarget(*metric, nullptr, index, kValuesMax);
    return;
  }
  const size_t number = sources_.size();
  const bool replaced = std::any_of(aliases.begin(), aliases.end(), [&](const Alias* alias) {
    return alias->name == alias->source;
  });
  bool counts = metric != nullptr && metric->type == MetricType::kCounter;
  if (metric != nullptr && !replaced) AddTarget(*metric, nullptr, index, number);
  for (const Alias* alias : aliases) {
    counts = counts || alias->type == MetricType::kCounter;
    Metric as = metric == nullptr ? Metric{} : *metric;
    if (metric == nullptr) as.help = "A family of an older version of postgres_exporter.";
    as.name = alias->name;
    as.type = alias->type;
    as.labels = alias->labels;
    as.unit = {};
    as.collector = query_.collector;
    AddTarget(as, alias, -1, number);
  }
  sources_.push_back({column, PQftype(rows, column), counts});
}

std::string Columns::MoreLabels(const Metric& metric) const {
  std::string more;
  const auto names = detail::SplitNames(metric.labels);
  const bool has_database = std::any_of(names.begin(), names.end(),
                                        [](pillion_str name) { return ToView(name) == "datname"; });
  const bool per_database = (kTraits[query_.collector].needs & kPerDatabase) != 0;
  if (shape_.many_databases && per_database && !has_database) more = ",datname";
  if (shape_.compat.server_label()) more += ",server";
  if (metric.labels.empty() && !more.empty()) more.erase(0, 1);
  return more;
}

void Columns::AddTarget(const Metric& metric, const Alias* alias, int index, size_t number) {
  Target& target = targets_.emplace_back();
  target.metric = metric;
  target.number = number;
  target.scale = alias == nullptr ? 1 : alias->scale;
  target.null_is_nan = alias != nullptr && alias->null_is_nan;
  const std::string more = MoreLabels(metric);
  target.at_run_time = index < 0 || !more.empty();
  if (!target.at_run_time) target.family = Family(static_cast<uint32_t>(index));
  if (!more.empty()) {
    target.labels.assign(metric.labels).append(more);
    target.metric.labels = target.labels;
  }
  target.label_set = LabelSetFor(targets_.size() - 1);
}

size_t Columns::LabelSetFor(size_t target) {
  const std::string_view names = targets_[target].metric.labels;
  for (size_t i = 0; i < label_sets_.size(); ++i) {
    if (label_sets_[i].names == names) return i;
  }
  LabelSet& set = label_sets_.emplace_back();
  set.names = names;
  set.target = target;
  for (const pillion_str name : detail::SplitNames(names)) {
    size_t text = TextNamed(ToView(name));
    if (text == kLabelsMax) text = ToView(name) == "datname" ? kDatabaseText : kNoText;
    if (shape_.compat.server_label() && ToView(name) == "server") text = kServerText;
    set.texts.push_back(text);
  }
  return label_sets_.size() - 1;
}

size_t Columns::TextNamed(std::string_view label) const {
  const auto found = std::find(label_names_.begin(), label_names_.end(), label);
  if (found == label_names_.end()) return kLabelsMax;
  return static_cast<size_t>(found - label_names_.begin());
}

size_t Columns::Read(const PGresult* rows, int row, Row& out) const {
  for (size_t i = 0; i < label_types_.size(); ++i) {
    const std::string_view bytes = Cell(rows, row, static_cast<int>(i));
    out.texts[i] = DecodeLabel(label_types_[i], bytes, out.scratch[i]);
  }
  size_t nulls = 0;
  for (size_t i = 0; i < sources_.size(); ++i) {
    const Source& source = sources_[i];
    const bool null = PQgetisnull(rows, row, source.column) != 0;
    const auto number = DecodeNumber(source.type, Cell(rows, row, source.column));
    out.known[i] = !null && number.has_value();
    out.numbers[i] = number.value_or(0);
    if (null) ++nulls;
  }
  return nulls;
}

bool Columns::Fits(const Row& row) const {
  return database_text_ == kLabelsMax || shape_.Fits(row.texts[database_text_]);
}

Labels Columns::LabelsOf(const LabelSet& set, const Row& row, Sink& sink) const {
  if (set.texts.empty()) return {};
  std::array<std::string_view, kLabelsMax + 1> ordered;
  const size_t count = std::min(set.texts.size(), ordered.size());
  for (size_t i = 0; i < count; ++i) {
    if (set.texts[i] == kServerText) ordered[i] = shape_.compat.server;
    if (set.texts[i] == kDatabaseText && shape_.many_databases) ordered[i] = shape_.database;
    if (set.texts[i] < kLabelsMax) ordered[i] = row.texts[set.texts[i]];
  }
  return sink.MakeLabels(targets_[set.target].family, std::span(ordered.data(), count));
}

void Columns::Emit(const Row& row, Sink& sink) const {
  std::array<std::optional<Labels>, kLabelsMax> made;
  for (const Target& target : targets_) {
    if (target.number == kValuesMax || !target.family.valid()) continue;
    const bool known = row.known[target.number];
    if (!known && !target.null_is_nan) continue;
    const LabelSet& set = label_sets_[target.label_set];
    Labels labels;
    if (target.label_set >= made.size()) {
      labels = LabelsOf(set, row, sink);
    } else {
      auto& slot = made[target.label_set];
      if (!slot) slot = LabelsOf(set, row, sink);
      labels = *slot;
    }
    const double value = known ? row.numbers[target.number] * target.scale : std::nan("");
    sink.Add(target.family, labels, value);
  }
}

void Columns::EmitHistograms(const PGresult* rows, int number, const Row& row, Sink& sink) const {
  for (const HistogramColumns& columns : histograms_) {
    if (columns.buckets < 0 || columns.sum < 0 || columns.count < 0) continue;
    const auto scalar = [&](int column) {
      return DecodeNumber(PQftype(rows, column), Cell(rows, number, column));
    };
    const auto bounds = DecodeNumbers(Cell(rows, number, columns.bounds));
    const auto buckets = DecodeNumbers(Cell(rows, number, columns.buckets));
    const auto count = scalar(columns.count);
    if (!bounds || !buckets || bounds->size() != buckets->size() || !count) continue;
    const Target& target = targets_[columns.target];
    const Labels labels = LabelsOf(label_sets_[target.label_set], row, sink);
    const double sum = scalar(columns.sum).value_or(std::nan(""));
    sink.Add(
        target.family, labels,
        Histogram{.bounds = *bounds, .cumulative_counts = *buckets, .count = *count, .sum = sum});
  }
}

}  // namespace pillion::postgres
