#include "data_sources.hpp"

#include <algorithm>
#include <optional>

namespace pillion::postgres {
namespace {

using compat::FromFile;
using compat::FromVariable;
using compat::QuotePattern;

constexpr std::string_view kType = "postgres";

// The value of `key` in "a=b c='d e'"; quotes and backslashes as libpq reads them.
std::string PairValue(std::string_view dsn, std::string_view key) {
  size_t at = 0;
  const auto blank = [&] { return at < dsn.size() && (dsn[at] == ' ' || dsn[at] == '\t'); };
  std::string found;
  while (at < dsn.size()) {
    while (blank()) ++at;
    const size_t equals = dsn.find('=', at);
    if (equals == dsn.npos) break;
    std::string_view name = dsn.substr(at, equals - at);
    while (name.ends_with(' ')) name.remove_suffix(1);
    at = equals + 1;
    while (blank()) ++at;
    const bool quoted = at < dsn.size() && dsn[at] == '\'';
    if (quoted) ++at;
    std::string value;
    for (; at < dsn.size(); ++at) {
      if (quoted ? dsn[at] == '\'' : blank()) break;
      if (dsn[at] == '\\' && at + 1 < dsn.size()) ++at;
      value += dsn[at];
    }
    if (quoted && at < dsn.size()) ++at;
    if (name == key) found = value;
  }
  return found;
}

// A variable's value, or a file's, as a reference; nothing if neither is there. `shown` is a file's
// path or a variable's name.
std::optional<std::string> Reference(const compat::Host& host, const std::string& name) {
  if (const auto path = host.Variable(name + "_FILE"); path && !path->empty()) {
    return FromFile(*path);
  }
  const auto value = host.Variable(name);
  if (!value || value->empty()) return std::nullopt;
  return FromVariable(name);
}

void AddList(const compat::Host& host, std::string_view list, compat::Translation& translation) {
  // As the peer splits it: a comma ends a source wherever it stands.
  std::vector<std::string> sources = compat::SplitList(list);
  if (sources.size() == 1) {
    compat::Instance& instance = translation.AddInstance(kType);
    instance.keys.emplace_back("dsn", QuotePattern(FromVariable("DATA_SOURCE_NAME")));
    return;
  }
  const bool taken = host.Knows(kType, PILLION_COMPAT_LABEL, "server");
  for (size_t i = 0; i < sources.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const std::string variable = "DATA_SOURCE_NAME_" + number;
    compat::Instance& instance = translation.AddInstance(std::string(kType) + "_" + number);
    host.Define(variable, sources[i]);
    instance.keys.emplace_back("dsn", QuotePattern(FromVariable(variable)));
    instance.labels.emplace_back(taken ? "target" : "server", compat::Quote(ServerOf(sources[i])));
  }
  translation.Note("DATA_SOURCE_NAME holds " + std::to_string(sources.size()) +
                   " sources: a file needs them apart, in DATA_SOURCE_NAME_1 and so on");
}

}  // namespace

std::string ServerOf(std::string_view dsn) {
  std::string host;
  std::string port;
  const size_t scheme = dsn.find("://");
  if (scheme != dsn.npos && scheme < dsn.find('=')) {
    std::string_view authority = dsn.substr(scheme + 3);
    authority = authority.substr(0, authority.find_first_of("/?"));
    if (const size_t at = authority.rfind('@'); at != authority.npos) {
      authority.remove_prefix(at + 1);
    }
    const size_t bracket = authority.rfind(']');
    const size_t colon = authority.rfind(':');
    const bool has_port = colon != authority.npos && (bracket == authority.npos || colon > bracket);
    host = authority.substr(0, has_port ? colon : authority.npos);
    if (has_port) port = authority.substr(colon + 1);
  } else {
    host = PairValue(dsn, "host");
    port = PairValue(dsn, "port");
  }
  return (host.empty() ? "localhost" : host) + ":" + (port.empty() ? "5432" : port);
}

bool AddDataSources(const compat::Host& host, compat::Translation& translation) {
  if (const auto list = host.Variable("DATA_SOURCE_NAME"); list && !list->empty()) {
    AddList(host, *list, translation);
    return true;
  }
  const auto uri = Reference(host, "DATA_SOURCE_URI");
  if (!uri) return false;
  compat::Instance& instance = translation.AddInstance(kType);
  instance.keys.emplace_back("dsn", QuotePattern("postgresql://" + *uri));
  if (const auto user = Reference(host, "DATA_SOURCE_USER")) {
    instance.keys.emplace_back("user", QuotePattern(*user));
  }
  // Without one libpq looks into PGPASSFILE, as the peer's library does.
  if (const auto password = Reference(host, "DATA_SOURCE_PASS")) {
    instance.keys.emplace_back("password", QuotePattern(*password));
  }
  return true;
}

}  // namespace pillion::postgres
