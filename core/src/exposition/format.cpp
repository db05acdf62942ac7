#include "exposition/format.hpp"

#include <algorithm>

namespace pillion {

std::string_view ToString(Format format) {
  switch (format) {
    case Format::kText004: return "text";
    case Format::kOpenMetrics100: return "openmetrics";
    case Format::kProtobuf: return "protobuf";
  }
  return {};
}

std::string_view ToString(Escaping escaping) {
  switch (escaping) {
    case Escaping::kUnderscores: return "underscores";
    case Escaping::kAllowUtf8: return "allow-utf-8";
    case Escaping::kDots: return "dots";
    case Escaping::kValues: return "values";
  }
  return {};
}

std::string_view ToString(Encoding encoding) {
  switch (encoding) {
    case Encoding::kIdentity: return "identity";
    case Encoding::kGzip: return "gzip";
    case Encoding::kZstd: return "zstd";
  }
  return {};
}

std::string ContentType(Format format, const Acceptance& acceptance) {
  std::string type;
  switch (format) {
    case Format::kText004:
      type = acceptance.text_100 ? "text/plain; version=1.0.0; charset=utf-8"
                                 : "text/plain; version=0.0.4; charset=utf-8";
      break;
    case Format::kOpenMetrics100:
      type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
      break;
    case Format::kProtobuf:
      type =
          "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
          "encoding=delimited";
      break;
  }
  if (acceptance[format].names_escaping) {
    type.append("; escaping=").append(ToString(acceptance[format].escaping));
  }
  return type;
}

Format ChooseFormat(const Acceptance& acceptance, OpenMetricsMode mode, bool openmetrics_clean) {
  const bool openmetrics_allowed =
      mode == OpenMetricsMode::kAlways || (mode == OpenMetricsMode::kAuto && openmetrics_clean);
  const auto best = [&](bool with_openmetrics) {
    Format chosen = Format::kText004;
    for (const Format format : {Format::kOpenMetrics100, Format::kProtobuf}) {
      if (format == Format::kOpenMetrics100 && !with_openmetrics) continue;
      const Acceptance::Taken& a = acceptance[format];
      const Acceptance::Taken& b = acceptance[chosen];
      if (a.q > 0 && (a.q > b.q || (a.q == b.q && a.place < b.place))) chosen = format;
    }
    return chosen;
  };
  const Format allowed = best(openmetrics_allowed);
  return acceptance[allowed].q > 0 ? allowed : best(true);
}

}  // namespace pillion
