// What one Metric message of io.prometheus.client holds, and how it is read.
#pragma once

#include "parse/parser.hpp"
#include "parse/wire_reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion::parse {

// The fields of Metric that hold its value.
namespace metric_field {
inline constexpr uint32_t kLabel = 1, kGauge = 2, kCounter = 3, kSummary = 4, kUntyped = 5,
                          kTimestampMs = 6, kHistogram = 7;
}

// Reused from metric to metric, so that an ordinary one allocates nothing. Views point into the
// message.
struct MetricParts {
  static constexpr size_t kNone = SIZE_MAX;
  struct ExemplarPart {
    Exemplar exemplar;  // without its labels, which are a range of exemplar_labels
    size_t first_label = 0, label_count = 0;
  };
  struct Bounded {  // a bucket or a quantile
    double bound = 0, value = 0;
    size_t exemplar = kNone;
  };
  struct Side {  // of a native histogram
    std::vector<Span> spans;
    std::vector<double> counts;
    int64_t last = 0;  // of the deltas
  };
  struct Distribution {
    double count = 0, sum = 0;
    double zero_count = 0, zero_threshold = 0;
    int32_t schema = 0;
    bool native = false, floats = false;
  };

  uint32_t value_field = 0;  // which of metric_field; 0: none
  double value = 0;
  std::optional<double> timestamp, created;  // seconds
  size_t exemplar = kNone;                   // of a counter
  std::vector<Label> labels, exemplar_labels;
  std::vector<ExemplarPart> exemplars;
  std::vector<Bounded> bounded;
  std::vector<size_t> native_exemplars;
  Side positive, negative;
  Distribution distribution;

  void Clear();
};

class MetricReader {
 public:
  MetricReader(const Limits& limits, MetricParts* parts) : limits_(limits), parts_(*parts) {}

  // False: something is wrong, see rule() and message().
  bool Read(std::string_view message);
  const Rule& rule() const { return *rule_; }
  std::string TakeMessage() { return std::move(message_); }

 private:
  bool ReadField(const wire::Field& field);
  bool ReadLabel(std::string_view message, size_t first, std::vector<Label>* labels);
  bool ReadSingle(std::string_view message);
  bool ReadSummary(std::string_view message);
  bool ReadQuantile(std::string_view message);
  bool ReadHistogram(std::string_view message);
  bool ReadHistogramField(const wire::Field& field);
  bool ReadNativeField(const wire::Field& field);
  bool ReadBucket(std::string_view message);
  bool ReadSpan(std::string_view message, MetricParts::Side& side);
  bool ReadDeltas(const wire::Field& field, MetricParts::Side& side);
  bool ReadCounts(const wire::Field& field, MetricParts::Side& side);
  bool AddDelta(uint64_t zigzag, MetricParts::Side& side);
  bool AddCount(double count, MetricParts::Side& side);
  bool ReadExemplar(std::string_view message, size_t* index);
  bool ReadTimestamp(std::string_view message, std::optional<double>* seconds);

  // Goes through the fields of a message.
  template <typename Each>
  bool ForEach(std::string_view message, Each each) {
    wire::Reader reader(message);
    for (wire::Field field; reader.Next(&field);) {
      if (!each(field)) return false;
    }
    return !reader.broken() || Broken("a message is cut off or broken");
  }
  bool Is(const wire::Field& field, wire::Type type) {
    return field.type == type || Broken("a field has another type than in the schema");
  }
  bool Double(const wire::Field& field, double* value) {
    *value = wire::AsDouble(field.number_value);
    return Is(field, wire::Type::kFixed64);
  }
  bool Unsigned(const wire::Field& field, double* value) {
    *value = static_cast<double>(field.number_value);
    return Is(field, wire::Type::kVarint);
  }

  bool Broken(std::string message);
  bool Fail(const Rule& rule, std::string message);

  const Limits& limits_;
  MetricParts& parts_;
  const Rule* rule_ = nullptr;
  std::string message_;
};

}  // namespace pillion::parse
