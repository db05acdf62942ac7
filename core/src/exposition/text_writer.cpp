#include "exposition/text_writer.hpp"

#include "exposition/line_writer.hpp"
#include "exposition/plain_families.hpp"
#include "model/name.hpp"

#include <string>

namespace pillion {
namespace {

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kHistogram: return "histogram";
    case MetricType::kSummary: return "summary";
    case MetricType::kUnknown: return "untyped";
    case MetricType::kGauge:
    case MetricType::kInfo:
    case MetricType::kStateSet:
    case MetricType::kGaugeHistogram: return "gauge";
  }
  return "untyped";
}

class Writer {
 public:
  explicit Writer(Output* out) : out_(*out), lines_(out) {}

  void Write(const PlanFamily& family) {
    const FamilyDesc& desc = *family.desc;
    help_.clear();
    AppendHelp(help_, desc.help, HelpEscape::kText);
    const auto head = [&](std::string_view bare_name) {
      name_.clear();
      AppendMetricName(name_, bare_name, family.legacy_name);
      if (!help_.empty()) {
        out_.Append("# HELP ");
        out_.Append(name_);
        out_.Append(' ');
        out_.Append(help_);
        out_.Append('\n');
      }
      out_.Append("# TYPE ");
      out_.Append(name_);
      out_.Append(' ');
      out_.Append(TypeName(desc.type));
      out_.Append('\n');
    };
    if (desc.type == MetricType::kGaugeHistogram) {
      WritePlainFamilies(family, lines_, head);
    } else if (HasSingleValue(desc.type)) {
      head(desc.name);
      lines_.Values(family, /*exemplars=*/false);
    } else {
      head(desc.name);
      lines_.Distributions(family, Series::kAll, /*exemplars=*/false);
    }
  }

 private:
  Output& out_;
  LineWriter lines_;
  std::string help_, name_;  // as they are written
};

}  // namespace

void WriteTextFamilies(FamilyRuns runs, Output& out) {
  Writer writer(&out);
  for (const auto run : runs) {
    for (const PlanFamily& family : run) writer.Write(family);
  }
}

void WriteText(const PagePlan& plan, Output& out) { WriteTextFamilies(OneRun(plan), out); }

}  // namespace pillion
