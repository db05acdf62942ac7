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

}  // namespace

void WriteTextFamilies(std::span<const PlanFamily> families, Output& out) {
  LineWriter lines(&out);
  std::string help, name;
  for (const PlanFamily& family : families) {
    const FamilyDesc& desc = *family.desc;
    help.clear();
    AppendHelp(help, desc.help, HelpEscape::kText);
    const auto head = [&](std::string_view bare_name) {
      name.clear();
      AppendMetricName(name, bare_name, family.legacy_name);
      if (!help.empty()) {
        out.Append("# HELP ");
        out.Append(name);
        out.Append(' ');
        out.Append(help);
        out.Append('\n');
      }
      out.Append("# TYPE ");
      out.Append(name);
      out.Append(' ');
      out.Append(TypeName(desc.type));
      out.Append('\n');
    };
    if (desc.type == MetricType::kGaugeHistogram) {
      WritePlainFamilies(family, lines, head);
    } else if (HasSingleValue(desc.type)) {
      head(desc.name);
      lines.Values(family, /*exemplars=*/false);
    } else {
      head(desc.name);
      lines.Distributions(family, Series::kAll, /*exemplars=*/false);
    }
  }
}

void WriteText(const PagePlan& plan, Output& out) { WriteTextFamilies(plan.families, out); }

}  // namespace pillion
