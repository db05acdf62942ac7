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
  std::string_view range;         // "text/plain", "gzip"
  std::string_view version;       // empty: none named
  std::optional<double> q = 1.0;  // none: not a number
};

Clause TakeClause(std::string_view& header) {
  std::string_view rest = TakeUntil(header, ',');
  Clause clause;
  clause.range = TakeUntil(rest, ';');
  while (!rest.empty()) {
    std::string_view value = TakeUntil(rest, ';');
    const std::string_view name = TakeUntil(value, '=');
    if (EqualsIgnoreCase(name, "q")) clause.q = ParseQ(Trim(value));
    if (EqualsIgnoreCase(name, "version")) clause.version = Unquote(Trim(value));
  }
  return clause;
}

// The highest q of the clauses that name a thing, so that a second one can't take it away.
void Raise(std::optional<double>& q, double to) { q = std::max(q.value_or(0), to); }

}  // namespace

Acceptance ParseAccept(std::string_view accept) {
  std::string_view rest = accept.substr(0, kAcceptBytesMax);
  std::optional<double> text, wildcard, openmetrics;
  bool text_first = false;
  while (!rest.empty()) {
    const Clause clause = TakeClause(rest);
    if (!clause.q) continue;
    if (EqualsIgnoreCase(clause.range, "text/plain")) {
      if (!clause.version.empty() && clause.version != "0.0.4") continue;
      if (!openmetrics) text_first = true;
      Raise(text, *clause.q);
    } else if (EqualsIgnoreCase(clause.range, "application/openmetrics-text")) {
      if (!clause.version.empty() && clause.version != "1.0.0") continue;
      Raise(openmetrics, *clause.q);
    } else if (clause.range == "*/*" || EqualsIgnoreCase(clause.range, "text/*")) {
      if (!openmetrics && !text) text_first = true;
      Raise(wildcard, *clause.q);
    }
  }
  Acceptance out;
  out.text = text ? *text : wildcard.value_or(0);
  out.openmetrics = openmetrics.value_or(0);
  out.text_first = text_first;
  if (!(out.text > 0) && !(out.openmetrics > 0)) return Acceptance{};
  return out;
}

Encoding ChooseEncoding(std::string_view accept_encoding) {
  std::string_view rest = accept_encoding.substr(0, kAcceptBytesMax);
  std::optional<double> gzip, wildcard, identity;
  while (!rest.empty()) {
    const Clause clause = TakeClause(rest);
    if (!clause.q) continue;
    if (EqualsIgnoreCase(clause.range, "gzip") || EqualsIgnoreCase(clause.range, "x-gzip")) {
      Raise(gzip, *clause.q);
    } else if (EqualsIgnoreCase(clause.range, "identity")) {
      Raise(identity, *clause.q);
    } else if (clause.range == "*") {
      Raise(wildcard, *clause.q);
    }
  }
  const double q = gzip ? *gzip : wildcard.value_or(0);
  return q > 0 && q >= identity.value_or(0) ? Encoding::kGzip : Encoding::kIdentity;
}

}  // namespace pillion
