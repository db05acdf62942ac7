// Accept and Accept-Encoding (RFC 9110, 12.4 and 12.5), read in one pass without allocation.
#include "exposition/format.hpp"

#include <algorithm>
#include <optional>

namespace pillion {
namespace {

constexpr bool IsSpace(char c) { return c == ' ' || c == '\t'; }
constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

// Takes what stands before the next `separator` outside of quotes off the front of `rest`.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  bool quoted = false;
  size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (rest[i] == '"') quoted = !quoted;
    if (quoted && rest[i] == '\\') ++i;
    if (!quoted && rest[i] == separator) break;
  }
  i = std::min(i, rest.size());
  const std::string_view taken = rest.substr(0, i);
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return Trim(taken);
}

// 0 to 1 with decimals ("0.75", "1", ".5"), of which nine count; above 1 counts as 1.
std::optional<double> ParseQ(std::string_view text) {
  double digits = 0, scale = 1;
  bool any = false, point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (scale >= 1e9) continue;
      digits = std::min(digits * 10 + (c - '0'), 1e12);
      if (point) scale *= 10;
    } else {
      return std::nullopt;
    }
  }
  if (!any) return std::nullopt;
  return std::min(digits / scale, 1.0);
}

std::string_view Unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text.remove_prefix(1);
    text.remove_suffix(1);
  }
  return text;
}

struct Clause {
  std::string_view range;    // "text/plain", "gzip"
  std::string_view version;  // these are empty where the clause does not name them
  std::string_view escaping, proto, encoding;
  std::optional<double> q = 1.0;  // none: not a number
  uint32_t place = 0;             // in the header
};

Clause TakeClause(std::string_view& header) {
  std::string_view rest = TakeUntil(header, ',');
  Clause clause;
  clause.range = TakeUntil(rest, ';');
  while (!rest.empty()) {
    std::string_view value = TakeUntil(rest, ';');
    const std::string_view name = TakeUntil(value, '=');
    value = Trim(value);
    if (EqualsIgnoreCase(name, "q")) clause.q = ParseQ(value);
    if (EqualsIgnoreCase(name, "version")) clause.version = Unquote(value);
    if (EqualsIgnoreCase(name, "escaping")) clause.escaping = Unquote(value);
    if (EqualsIgnoreCase(name, "proto")) clause.proto = Unquote(value);
    if (EqualsIgnoreCase(name, "encoding")) clause.encoding = Unquote(value);
  }
  return clause;
}

// Calls fn(clause) for each clause whose q-value is a number.
template <typename Fn>
void ForEachClause(std::string_view header, Fn fn) {
  std::string_view rest = header.substr(0, kAcceptBytesMax);
  for (uint32_t place = 0; !rest.empty(); ++place) {
    Clause clause = TakeClause(rest);
    clause.place = place;
    if (clause.q) fn(clause);
  }
}

// The highest q of the clauses that name a thing, so that a second one can't take it away.
void Raise(std::optional<double>& q, double to) { q = std::max(q.value_or(0), to); }

std::optional<Escaping> ParseEscaping(std::string_view text) {
  for (const Escaping escaping :
       {Escaping::kUnderscores, Escaping::kAllowUtf8, Escaping::kDots, Escaping::kValues}) {
    if (text == ToString(escaping)) return escaping;
  }
  return std::nullopt;
}

bool IsWildcard(const Clause& clause) {
  return clause.range == "*/*" || EqualsIgnoreCase(clause.range, "text/*");
}

// The format that a clause names.
std::optional<Format> FormatOf(const Clause& clause) {
  const std::string_view version = clause.version;
  if (EqualsIgnoreCase(clause.range, "text/plain")) {
    if (version.empty() || version == "0.0.4" || version == "1.0.0") return Format::kText004;
  } else if (EqualsIgnoreCase(clause.range, "application/openmetrics-text")) {
    if (version.empty() || version == "1.0.0") return Format::kOpenMetrics100;
  } else if (EqualsIgnoreCase(clause.range, "application/vnd.google.protobuf")) {
    if (clause.proto == "io.prometheus.client.MetricFamily" && clause.encoding == "delimited") {
      return Format::kProtobuf;
    }
  }
  return std::nullopt;
}

// Whether a clause with this q at this place is preferred to what was taken.
bool Precedes(const Clause& clause, const Acceptance::Taken& taken) {
  return *clause.q > taken.q || (*clause.q == taken.q && clause.place < taken.place);
}

// Finds for each format the escaping that was named last up to its clause.
void FindEscapings(std::string_view accept, Acceptance& out) {
  std::array<double, kFormats> q_of{};  // of the clause that named it
  std::array<uint32_t, kFormats> place_of{};
  ForEachClause(accept, [&](const Clause& clause) {
    const std::optional<Escaping> escaping = ParseEscaping(clause.escaping);
    if (!escaping) return;
    for (size_t i = 0; i < kFormats; ++i) {
      Acceptance::Taken& taken = out.of[i];
      const bool itself = clause.place == taken.place && *clause.q == taken.q;
      if (!itself && !Precedes(clause, taken)) continue;
      const bool later =
          *clause.q < q_of[i] || (*clause.q == q_of[i] && clause.place > place_of[i]);
      if (taken.names_escaping && !later) continue;
      taken.names_escaping = true;
      taken.escaping = *escaping;
      q_of[i] = *clause.q;
      place_of[i] = clause.place;
    }
  });
}

}  // namespace

Acceptance ParseAccept(std::string_view accept) {
  Acceptance out;
  std::array<bool, kFormats> named{};
  ForEachClause(accept, [&](const Clause& clause) {
    const std::optional<Format> format =
        IsWildcard(clause) && !named[0] ? Format::kText004 : FormatOf(clause);
    if (!format) return;
    const auto i = static_cast<size_t>(*format);
    const bool first = !named[i] && !IsWildcard(clause);  // outweighs a wildcard before it
    if (!first && !Precedes(clause, out.of[i]) && out.of[i].q > 0) return;
    out.of[i].q = *clause.q;
    out.of[i].place = clause.place;
    named[i] = named[i] || !IsWildcard(clause);
    if (*format == Format::kText004) out.text_100 = clause.version == "1.0.0";
  });
  const bool nothing = std::all_of(out.of.begin(), out.of.end(),
                                   [](const Acceptance::Taken& taken) { return !(taken.q > 0); });
  constexpr uint32_t kAfterAll = 0xffffffffu;
  if (nothing) {
    out.text_100 = false;
    out.of[0].place = kAfterAll;  // and with q 0: the last escaping of all
  }
  FindEscapings(accept, out);
  if (nothing) out.of[0].q = 1;
  return out;
}

Encoding ChooseEncoding(std::string_view accept_encoding) {
  std::optional<double> gzip, zstd, wildcard, identity;
  ForEachClause(accept_encoding, [&](const Clause& clause) {
    if (EqualsIgnoreCase(clause.range, "gzip") || EqualsIgnoreCase(clause.range, "x-gzip")) {
      Raise(gzip, *clause.q);
    } else if (EqualsIgnoreCase(clause.range, "zstd")) {
      Raise(zstd, *clause.q);
    } else if (EqualsIgnoreCase(clause.range, "identity")) {
      Raise(identity, *clause.q);
    } else if (clause.range == "*") {
      Raise(wildcard, *clause.q);
    }
  });
  const double of_gzip = gzip ? *gzip : wildcard.value_or(0);
  const double of_zstd = zstd.value_or(0);
  const double best = std::max(of_gzip, of_zstd);
  if (!(best > 0) || best < identity.value_or(0)) return Encoding::kIdentity;
  return of_zstd >= of_gzip ? Encoding::kZstd : Encoding::kGzip;
}

}  // namespace pillion
