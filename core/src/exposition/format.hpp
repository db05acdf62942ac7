// Formats and encodings of an exposition, and how a request chooses among them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pillion {

enum class Format { kText004, kOpenMetrics100 };
enum class Encoding { kIdentity, kGzip };

// When OpenMetrics is served although a name or a type would have to change for it:
//   auto    only when nothing on the page would change, or the client takes nothing else
//   always  whenever the client prefers it
//   never   only when the client takes nothing else
enum class OpenMetricsMode { kAuto, kAlways, kNever };

// The exact Content-Type of an answer.
std::string_view ContentType(Format format);
// The `format` label of our own metrics: "text", "openmetrics".
std::string_view ToString(Format format);

// What an Accept header asks for: the q-value of each format, 0 if it is not taken. Clauses are
// matched by media type and version, never as strings; parameters in any order, any case.
// A header that is empty or names nothing we have takes text 0.0.4.
struct Acceptance {
  double text = 1;
  double openmetrics = 0;
};
Acceptance ParseAccept(std::string_view accept);

// `openmetrics_clean`: nothing on this page would have to change for OpenMetrics.
Format ChooseFormat(const Acceptance& acceptance, OpenMetricsMode mode, bool openmetrics_clean);

// gzip only if Accept-Encoding names it (or *) with q > 0.
Encoding ChooseEncoding(std::string_view accept_encoding);

}  // namespace pillion
