// Formats, name escaping and encodings of an exposition, and how a request chooses among them.
// Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pillion {

enum class Format { kText004, kOpenMetrics100, kProtobuf };
enum class Encoding { kIdentity, kGzip, kZstd };
inline constexpr size_t kFormats = 3;
inline constexpr size_t kEncodings = 3;

// What becomes of names that are not of the legacy alphabet ([a-zA-Z_:][a-zA-Z0-9_:]*).
enum class Escaping : uint8_t {
  kUnderscores,  // each other character becomes _: what a client gets that says nothing
  kAllowUtf8,    // as they are, quoted in text
  kDots,         // . becomes _dot_, _ and each other character __
  kValues,       // U__ and the name, _ as __ and each other character as _2e_
};
inline constexpr size_t kEscapings = 4;

// When OpenMetrics is served although a name or a type would have to change for it:
//   auto    only when nothing on the page would change, or the client takes nothing else
//   always  whenever the client prefers it
//   never   only when the client takes nothing else
enum class OpenMetricsMode { kAuto, kAlways, kNever };

// The `format` label of our own metrics: "text", "openmetrics", "protobuf".
std::string_view ToString(Format format);
// As in the parameter `escaping`: "underscores", "allow-utf-8", "dots", "values".
std::string_view ToString(Escaping escaping);

// As in Content-Encoding: "identity", "gzip", "zstd".
std::string_view ToString(Encoding encoding);

// Beyond this many bytes a header is not read: a client that needs more is not a scraper.
inline constexpr size_t kAcceptBytesMax = 4096;

// What an Accept header asks for. Clauses are matched by media type and version, never as
// strings; parameters in any order, any case.
//   - No version fits whatever we have. Text is 0.0.4 or, which is the same bytes, 1.0.0;
//     version 0.0.1 of OpenMetrics is not what we write, so it doesn't count. Protobuf must be
//     delimited MetricFamily messages.
//   - text/* and */* mean text only: a browser must not be handed OpenMetrics. A clause that
//     names text/plain outweighs a wildcard.
//   - A clause with a broken q-value does not count.
//   - The escaping that counts for a format is, as in Go's client library, the last one named up
//     to its clause, in order of preference; clauses of types that we don't have count for that.
// A header that is empty or names nothing we have takes text 0.0.4.
struct Acceptance {
  struct Taken {
    double q = 0;                 // 0: not taken
    uint32_t place = 0;           // of its clause in the header: what breaks a tie
    bool names_escaping = false;  // whether the header names any up to this one
    Escaping escaping = Escaping::kUnderscores;
  };
  std::array<Taken, kFormats> of;
  bool text_100 = false;  // text is asked for as version 1.0.0

  const Taken& operator[](Format format) const { return of[static_cast<size_t>(format)]; }
};
Acceptance ParseAccept(std::string_view accept);

// `openmetrics_clean`: nothing on this page would have to change for OpenMetrics.
Format ChooseFormat(const Acceptance& acceptance, OpenMetricsMode mode, bool openmetrics_clean);

// The exact Content-Type of an answer; `escaping` is told to clients that named one.
std::string ContentType(Format format, const Acceptance& acceptance = {});

// gzip if Accept-Encoding names it (or *) with q > 0, zstd if it names that, and neither if it
// prefers identity. Of the two the one with the higher q, or else zstd: it is cheaper.
Encoding ChooseEncoding(std::string_view accept_encoding);

}  // namespace pillion
