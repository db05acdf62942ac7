#include "exposition/openmetrics_writer.hpp"

#include "exposition/line_writer.hpp"
#include "exposition/openmetrics_form.hpp"
#include "exposition/plain_families.hpp"
#include "model/name.hpp"

#include <string>

namespace pillion {
namespace {

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
    case MetricType::kUnknown: return "unknown";
    case MetricType::kHistogram: return "histogram";
    case MetricType::kGaugeHistogram: return "gaugehistogram";
    case MetricType::kSummary: return "summary";
    case MetricType::kInfo: return "info";
    case MetricType::kStateSet: return "stateset";
  }
  return "unknown";
}

std::string_view TypeName(const PlanFamily& family) {
  switch (family.form) {
    case OpenMetricsForm::kTyped: return TypeName(family.desc->type);
    case OpenMetricsForm::kAsText: return "gauge";
    case OpenMetricsForm::kUnknown: return "unknown";
  }
  return "unknown";
}

class Writer {
 public:
  explicit Writer(Output* out) : out_(*out), lines_(out) {}

  void Write(const PlanFamily& family) {
    const FamilyDesc& desc = *family.desc;
    const bool typed = family.form == OpenMetricsForm::kTyped;
    help_.clear();
    AppendHelp(help_, desc.help, HelpEscape::kOpenMetrics);
    if (HasSingleValue(desc.type)) {
      Head(family, typed ? OpenMetricsName(desc) : desc.name);
      lines_.Values(family, typed && desc.type == MetricType::kCounter);
    } else if (typed) {
      Head(family, desc.name);
      lines_.Distributions(family, Series::kAll, /*exemplars=*/true);
    } else {
      WritePlainFamilies(family, lines_, [&](std::string_view name) { Head(family, name); });
    }
  }

 private:
  void Head(const PlanFamily& family, std::string_view name) {
    name_.clear();
    AppendMetricName(name_, name, family.legacy_name && !name.empty());
    Metadata("# TYPE ", TypeName(family));
    if (MayHaveUnit(*family.desc, name)) Metadata("# UNIT ", family.desc->unit);
    if (!help_.empty()) Metadata("# HELP ", help_);
  }

  // Of the family that name_ names.
  void Metadata(std::string_view keyword, std::string_view text) {
    out_.Append(keyword);
    out_.Append(name_);
    out_.Append(' ');
    out_.Append(text);
    out_.Append('\n');
  }

  Output& out_;
  LineWriter lines_;
  std::string help_, name_;
};

}  // namespace

void WriteOpenMetricsFamilies(FamilyRuns runs, Output& out) {
  Writer writer(&out);
  for (const auto run : runs) {
    for (const PlanFamily& family : run) writer.Write(family);
  }
}

void WriteOpenMetrics(const PagePlan& plan, Output& out) {
  WriteOpenMetricsFamilies(OneRun(plan), out);
  out.Append(kOpenMetricsEnd);
}

}  // namespace pillion
