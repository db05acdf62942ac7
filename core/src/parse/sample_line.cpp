#include "parse/sample_line.hpp"

#include "parse/syntax_rules.hpp"

#include <utility>

namespace pillion::parse {
namespace {

bool StandsTwice(const std::vector<Label>& labels, std::string_view name) {
  for (const Label& label : labels) {
    if (label.name == name) return true;
  }
  return false;
}

// After a label: true with *done at the closing brace, or at the next label.
bool NextLabel(Line& line, bool* done) {
  line.OptionalBlanks();
  if (line.next() == ',') {
    line.Skip(1);
    line.OptionalBlanks();
    if (line.next() == '}' && line.openmetrics()) {
      return line.Fail(kLabelSyntax, "OpenMetrics has no comma after the last label");
    }
  } else if (line.next() != '}') {
    return line.Fail(kLabelSyntax, "a comma or a closing brace is missing here");
  }
  *done = line.next() == '}';
  if (*done) line.Skip(1);
  return true;
}

// The labels of a sample mostly have the names that the line before had, in their order. As long as
// that holds, a name needs no look at its characters, nor for its twin.
class NamesBefore {
 public:
  explicit NamesBefore(std::vector<std::string>* names) : names_(*names) {}

  // Takes `name="` up to the quote, if it is the label of the line before.
  bool Take(Line& line, size_t index, std::string_view* name) {
    if (!same_ || index >= names_.size()) return false;
    const std::string_view wanted = names_[index], rest = line.rest();
    same_ = rest.starts_with(wanted);
    if (!same_) return false;
    *name = rest.substr(0, wanted.size() - kEnd.size());
    line.Skip(wanted.size() - 1);
    return true;
  }
  void Remember(size_t index, const Name& name) {
    same_ = false;
    if (index < names_.size()) names_.resize(index);
    if (index == names_.size() && !name.quoted) names_.emplace_back(name.text).append(kEnd);
  }

 private:
  static constexpr std::string_view kEnd = "=\"";

  std::vector<std::string>& names_;
  bool same_ = true;
};

// A label whose name was taken, from its value on.
bool ParseValue(Line& line, const Name& name, uint64_t column, std::vector<Label>* labels) {
  std::string_view value;
  if (!line.Quoted(kLabelSyntax, line.limits().label_value_bytes, &value)) return false;
  if (labels->size() == line.limits().labels) {
    return line.FailAt(column, kLimit, "more labels than " + std::to_string(labels->size()));
  }
  labels->push_back({name.text, value, column, name.quoted});
  return true;
}

// A label, or a quoted metric name where `metric` takes one.
bool ParseLabel(Line& line, std::vector<Label>* labels, NamesBefore& before, Name* metric) {
  const uint64_t column = line.column();
  Name name;
  if (before.Take(line, labels->size(), &name.text)) return ParseValue(line, name, column, labels);
  if (!line.LabelName(&name)) return false;
  line.OptionalBlanks();
  if (name.quoted && (line.next() == ',' || line.next() == '}')) {
    if (metric == nullptr) return line.FailAt(column, kLabelSyntax, "a name without a value");
    *metric = name;
    return true;
  }
  if (line.next() != '=') return line.Fail(kLabelSyntax, "= is missing after the label name");
  line.Skip(1);
  line.OptionalBlanks();
  if (name.text.empty()) return line.FailAt(column, kLabelName, "an empty name");
  if (StandsTwice(*labels, name.text)) {
    return line.FailAt(column, kDuplicateLabel, Shown(name.text) + " stands twice");
  }
  before.Remember(labels->size(), name);
  return ParseValue(line, name, column, labels);
}

// The braces with what is in them. `metric`: takes a quoted metric name that stands first; null
// for exemplars and where the name stood before the braces.
bool ParseLabels(Line& line, std::vector<Label>* labels, std::vector<std::string>* names_before,
                 Name* metric) {
  NamesBefore before(names_before);
  line.Skip(1);  // the opening brace
  line.OptionalBlanks();
  bool done = line.next() == '}';
  if (done) line.Skip(1);
  while (!done) {
    if (!ParseLabel(line, labels, before, std::exchange(metric, nullptr))) return false;
    if (!NextLabel(line, &done)) return false;
  }
  return true;
}

// After a number, which is not the end of the line: the blanks before the next token.
bool BlanksAfterNumber(Line& line) {
  const uint64_t column = line.column();
  if (!line.Blanks()) return false;
  if (!line.at_end()) return true;
  return line.FailAt(column, kWhitespace, "a blank at the end of the line");
}

// From the # on. The space before it is gone.
bool ParseExemplar(Line& line, Exemplar* exemplar) {
  exemplar->column = line.column();
  line.Skip(1);
  if (!line.openmetrics()) {
    return line.FailAt(exemplar->column, kExemplar, "text has no exemplars and no comments here");
  }
  if (!line.Blanks()) return false;
  if (line.next() != '{') return line.Fail(kExemplar, "the labels of the exemplar are missing");
  std::vector<Label>& labels = line.buffers().exemplar_labels;
  labels.clear();
  if (!ParseLabels(line, &labels, &line.buffers().exemplar_names, nullptr) || !line.Blanks())
    return false;
  std::string_view written;
  if (!line.Number(&exemplar->value, &written)) return false;
  exemplar->labels = labels;
  if (line.at_end()) return true;
  return BlanksAfterNumber(line) && line.Timestamp(&exemplar->timestamp);
}

// What stands before the value.
bool ParseSeries(Line& line, Sample* sample) {
  std::vector<Label>& labels = line.buffers().labels;
  labels.clear();
  Name name;
  if (line.next() == '{') {
    if (!ParseLabels(line, &labels, &line.buffers().label_names, &name)) return false;
    if (name.text.empty()) {
      return line.FailAt(sample->position.column, kMetricName, "the metric has no name");
    }
  } else {
    if (line.next() == '"') return line.Fail(kMetricName, "a quoted name stands in braces");
    if (!line.MetricName(&name)) return false;
    const char after = line.next();
    if (after != ' ' && after != '{' && after != '\t' && !line.at_end()) {
      return line.Fail(kMetricName, "a name has no " + Shown(line.rest().substr(0, 1)));
    }
    line.OptionalBlanks();
    if (line.next() == '{' && !ParseLabels(line, &labels, &line.buffers().label_names, nullptr)) {
      return false;
    }
  }
  sample->name = name.text;
  sample->quoted = name.quoted;
  sample->labels = labels;
  return true;
}

bool ParseSample(Line& line, Sample* sample, Exemplar* exemplar) {
  sample->position = line.position();
  if (!ParseSeries(line, sample)) return false;
  if (line.openmetrics()) {
    if (!line.Blanks()) return false;
  } else {
    line.OptionalBlanks();
  }
  if (!line.Number(&sample->value, &sample->value_text)) return false;
  if (line.at_end()) return true;
  if (!BlanksAfterNumber(line)) return false;
  if (line.next() != '#') {
    if (!line.Timestamp(&sample->timestamp)) return false;
    if (line.at_end()) return true;
    if (!BlanksAfterNumber(line)) return false;
  }
  if (line.next() == '#') {
    if (!ParseExemplar(line, exemplar)) return false;
    sample->exemplar = exemplar;
  }
  return line.at_end() || line.Fail(kTrailingText, Shown(line.rest()) + " is too much here");
}

}  // namespace

void ParseSampleLine(Line& line) {
  Sample sample;
  Exemplar exemplar;
  if (ParseSample(line, &sample, &exemplar)) line.visitor().OnSample(sample);
}

}  // namespace pillion::parse
