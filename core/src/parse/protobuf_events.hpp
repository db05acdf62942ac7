// From what a Metric message held to the events that a visitor hears.
#pragma once

#include "parse/protobuf_metric.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pillion::parse {

struct ProtobufFamily {
  std::string name;
  MetricType type = MetricType::kCounter;
  bool quoted = false;  // the name would need quotes in text
};

// The field of Metric that holds a value of this type.
uint32_t ValueFieldOf(MetricType type);

class ProtobufEvents {
 public:
  explicit ProtobufEvents(Visitor* visitor) : visitor_(visitor) {}

  // REQUIRES: the value is of the family's type.
  void Tell(const ProtobufFamily& family, const MetricParts& parts, const Position& position);

 private:
  void Single();
  void Summary();
  void Histogram();
  void Native();
  void Own(std::string_view suffix, double value, const Exemplar* exemplar = nullptr);
  // With a further label, whose value is a canonical number.
  void Bounded(std::string_view suffix, std::string_view label, double bound, double value,
               const Exemplar* exemplar = nullptr);
  const Exemplar* ExemplarAt(size_t index) const;

  Visitor* const visitor_;
  const ProtobufFamily* family_ = nullptr;
  const MetricParts* parts_ = nullptr;
  Position position_;
  std::vector<Exemplar> exemplars_;  // with their labels
  std::vector<Exemplar> native_exemplars_;
  std::vector<Label> labels_;
  std::string name_;
};

}  // namespace pillion::parse
