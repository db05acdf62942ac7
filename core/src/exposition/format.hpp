// Formats and encodings of an exposition, and how a request chooses among them. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pillion {

enum class Format { kText004, kOpenMetrics100 };
enum class Encoding { kIdentity, kGzip };
inline constexpr size_t kFormats = 2;
inline constexpr size_t kEncodings = 2;

// When OpenMetrics is served although a name or a type would have to change for it:
//   auto    only when nothing on the page would change, or the client takes nothing else
//   always  whenever the client prefers it
//   never   only when the client takes nothing else
enum class OpenMetricsMode { kAuto, kAlways, kNever };

// The exact Content-Type of an answer.
std::string_view ContentType(Format format);
// The `format` label of our own metrics: "text", "openmetrics".
std::string_view ToString(Format format);

// Beyond this many bytes a header is not read: a client that needs more is not a scraper.
inline constexpr size_t kAcceptBytesMax = 4096;

// What an Accept header asks for: the q-value of each format, 0 if it is not taken. Clauses are
// matched by media type and version, never as strings; parameters in any order, any case.
//   - No version fits whatever we have; version 1.0.0 of text and 0.0.1 of OpenMetrics are not
//     what we write, so they don't count.
//   - text/* and */* mean text only: a browser must not be handed OpenMetrics. A clause that
//     names text/plain outweighs a wildcard.
//   - A clause with a broken q-value does not count.
// A header that is empty or names nothing we have takes text 0.0.4.
struct Acceptance {
  double text = 1;
  double openmetrics = 0;
  bool text_first = false;  // text stood before OpenMetrics: what breaks a tie, as in Go
};
Acceptance ParseAccept(std::string_view accept);

// `openmetrics_clean`: nothing on this page would have to change for OpenMetrics.
Format ChooseFormat(const Acceptance& acceptance, OpenMetricsMode mode, bool openmetrics_clean);

// gzip only if Accept-Encoding names it (or *) with q > 0, and does not prefer identity.
Encoding ChooseEncoding(std::string_view accept_encoding);

}  // namespace pillion
