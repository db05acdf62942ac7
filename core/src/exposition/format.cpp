#include "exposition/format.hpp"

namespace pillion {

std::string_view ContentType(Format format) {
  switch (format) {
    case Format::kText004: return "text/plain; version=0.0.4; charset=utf-8";
    case Format::kOpenMetrics100:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
  }
  return {};
}

std::string_view ToString(Format format) {
  return format == Format::kOpenMetrics100 ? "openmetrics" : "text";
}

Format ChooseFormat(const Acceptance& acceptance, OpenMetricsMode mode, bool openmetrics_clean) {
  if (!(acceptance.openmetrics > 0)) return Format::kText004;
  if (!(acceptance.text > 0)) return Format::kOpenMetrics100;
  const bool preferred = acceptance.openmetrics > acceptance.text ||
                         (acceptance.openmetrics == acceptance.text && !acceptance.text_first);
  const bool allowed =
      mode == OpenMetricsMode::kAlways || (mode == OpenMetricsMode::kAuto && openmetrics_clean);
  return preferred && allowed ? Format::kOpenMetrics100 : Format::kText004;
}

}  // namespace pillion
