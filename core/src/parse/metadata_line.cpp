#include "parse/metadata_line.hpp"

#include "parse/syntax_rules.hpp"

namespace pillion::parse {
namespace {

struct TypeName {
  std::string_view text;
  MetricType type;
  bool in_text, in_openmetrics;
};
constexpr TypeName kTypes[] = {
    {"counter", MetricType::kCounter, true, true},
    {"gauge", MetricType::kGauge, true, true},
    {"histogram", MetricType::kHistogram, true, true},
    {"summary", MetricType::kSummary, true, true},
    {"untyped", MetricType::kUnknown, true, false},
    {"unknown", MetricType::kUnknown, false, true},
    {"gaugehistogram", MetricType::kGaugeHistogram, false, true},
    {"info", MetricType::kInfo, false, true},
    {"stateset", MetricType::kStateSet, false, true},
};

bool ParseType(Line& line, std::string_view word, MetricType* type) {
  for (const TypeName& known : kTypes) {
    if (known.text == word && (line.openmetrics() ? known.in_openmetrics : known.in_text)) {
      *type = known.type;
      return true;
    }
  }
  return line.Fail(kUnknownType, word.empty() ? std::string("the type is missing")
                                              : Shown(word) + " is no type of this format");
}

// After the keyword.
bool ParseMetadata(Line& line, std::string_view keyword, Metadata* metadata) {
  if (line.at_end()) {
    return line.Fail(kMetadata, "the name is missing after " + std::string(keyword));
  }
  Name name;
  if (!line.Blanks() || !line.MetricName(&name)) return false;
  metadata->name = name.text;
  metadata->quoted = name.quoted;
  const bool help = keyword == "HELP";
  if (line.at_end() && help && !line.openmetrics()) return true;
  if (line.at_end())
    return line.Fail(help || keyword == "UNIT" ? kMetadata : kUnknownType,
                     "the text is missing after the name");
  if (line.next() != ' ' && (line.openmetrics() || line.next() != '\t')) {
    return line.Fail(kMetricName, "a name has no " + Shown(line.rest().substr(0, 1)));
  }
  if (line.openmetrics() ? !help : help) {
    if (!line.Blanks()) return false;
  } else {
    line.Skip(1);  // what follows is the text, more blanks too
  }
  if (help) return line.HelpText(&metadata->text);
  metadata->text = line.rest();
  return true;
}

bool IsUnit(std::string_view unit) {
  for (const char c : unit) {
    if (!Is(c, kNameRest)) return false;
  }
  return true;
}

void ParseKnown(Line& line, const Position& position, std::string_view keyword) {
  Metadata metadata;
  metadata.position = position;
  if (!ParseMetadata(line, keyword, &metadata)) return;
  if (keyword == "HELP") return line.visitor().OnHelp(metadata);
  if (keyword == "TYPE") {
    MetricType type = MetricType::kUnknown;
    if (ParseType(line, metadata.text, &type)) line.visitor().OnType(metadata, type);
    return;
  }
  if (!IsUnit(metadata.text)) {
    line.Fail(kMetadata, Shown(metadata.text) + " cannot be a unit");
    return;
  }
  line.visitor().OnUnit(metadata);
}

}  // namespace

void ParseHashLine(Line& line) {
  const Position position = line.position();
  line.Skip(1);
  const bool separated = line.next() == ' ' || line.next() == '\t';
  if (line.openmetrics()) {
    if (line.next() == ' ') line.Skip(1);
  } else {
    line.OptionalBlanks();
  }
  const uint64_t column = line.column();
  const std::string_view keyword = line.Word();
  const bool metadata = keyword == "HELP" || keyword == "TYPE";
  if (separated && (metadata || (keyword == "UNIT" && line.openmetrics()))) {
    ParseKnown(line, position, keyword);
  } else if (line.openmetrics()) {
    line.FailAt(position.column, kComment, "OpenMetrics has no comments");
  } else if (metadata) {
    line.Warn(column, kLostMetadata, "without a blank before it, this is a comment to Prometheus");
  }
}

}  // namespace pillion::parse
