// postgres_exporter's command line and environment as configuration.
#include "data_sources.hpp"
#include "postgres_flags.hpp"
#include "probes.hpp"

#include "common/compat/translation.hpp"

namespace pillion::postgres {
namespace {

using compat::CommandLine;
using compat::Given;
using compat::Host;
using compat::Quote;
using compat::Translation;

constexpr std::string_view kProgram = "postgres_exporter";

void ApplyLog(const CommandLine& line, Translation& translation) {
  if (const Given* level = line.Find("log.level")) translation.Log("level", Quote(level->value()));
  if (const Given* format = line.Find("log.format")) {
    // Until 0.10 a URL: "logger:stderr?json=true".
    const bool json = format->value() == "json" || format->value().ends_with("json=true");
    translation.Log("format", Quote(json ? "json" : "logfmt"));
  }
}

void ApplyTimeout(const CommandLine& line, Translation& translation) {
  const Given* timeout = line.Find("collection-timeout");
  if (timeout == nullptr) return;
  if (timeout->value() == "0s") return translation.NoEffect(*timeout, "a poll needs a bound");
  translation.Key("timeout", Quote(timeout->value()));
}

// "a=b, c=d"
void ApplyLabels(const CommandLine& line, Translation& translation) {
  const Given* labels = line.Find("constantLabels");
  if (labels == nullptr) return;
  for (const std::string& pair : compat::SplitList(labels->value())) {
    const size_t equals = pair.find('=');
    if (equals == 0 || equals == pair.npos || equals + 1 == pair.size()) {
      translation.Note(labels->Name() + ": what is not name=value is left out");
      continue;
    }
    translation.Label(*labels, pair.substr(0, equals), pair.substr(equals + 1));
  }
}

// Both are about what was not yet moved into collectors in the newest version.
void ApplyBuiltIn(const CommandLine& line, Translation& translation) {
  if (line.On("disable-default-metrics")) {
    translation.Drop("pg_static");
    translation.Drop("pg_stat_database_conflicts_.*");
  }
  const std::string prefix = line.Value("metric-prefix", "pg");
  if (prefix == "pg" || prefix.empty()) return;
  translation.Rename("pg_(static|stat_database_conflicts_.*)", prefix + "_\\1");
  translation.Note(line.Find("metric-prefix")->Name() +
                   ": only what it was for in the newest version is renamed; pg_up is not");
}

// Texts of statements: how many characters, which is none unless they are asked for.
void ApplyStatementText(const CommandLine& line, Translation& translation) {
  const Given* include = line.Find("collector.stat_statements.include_query");
  if (include == nullptr || !include->on()) return;
  const Given* length = line.Find("collector.stat_statements.query_length");
  translation.Option(*include, "statement_text",
                     length == nullptr ? "120" : std::to_string(translation.Bounded(*length)));
}

// There it is for the queries of queries.yaml; what the collectors give comes on top here. What is
// excluded then is not visited, and its rows in the server's own views stay.
void ApplyDiscovery(const CommandLine& line, Translation& translation) {
  const Given* discover = line.Find("auto-discover-databases");
  const Given* include = line.Find("include-databases");
  const bool on = discover != nullptr && discover->on();
  auto names =
      include == nullptr ? std::vector<std::string>{} : compat::SplitList(include->value());
  if (include != nullptr && !on && !names.empty()) {
    return translation.NoEffect(*include, "it chooses among databases that are discovered");
  }
  const Given* exclude = line.Find("exclude-databases");
  const auto excluded =
      exclude == nullptr ? std::vector<std::string>{} : compat::SplitList(exclude->value());
  if (!on) {
    if (exclude != nullptr && !excluded.empty()) {
      translation.Option(*exclude, "exclude_databases", compat::List(excluded));
    }
    return;
  }
  if (names.empty()) names.emplace_back("*");
  for (const std::string& name : excluded) names.push_back("!" + name);
  translation.Option(*discover, "databases", compat::List(names));
}

int32_t Translate(const Host& host, const CommandLine& line) {
  if (line.On("dumpmaps")) {
    host.Print("There are no maps here; `pillion describe postgres` lists what is read.\n");
    return PILLION_COMPAT_DONE;
  }
  Translation translation(host, kProgram, "postgres");
  translation.Pages(line, ":9187");
  ApplyLog(line, translation);
  const bool has_sources = AddDataSources(host, translation);
  const bool has_probes = AddProbes(host, line, translation);
  if (!has_sources && !has_probes) {
    translation.Note("no data source is set: there is nothing to read");
  }
  ApplyTimeout(line, translation);
  ApplyLabels(line, translation);
  ApplyBuiltIn(line, translation);
  ApplyStatementText(line, translation);
  ApplyDiscovery(line, translation);
  translation.Apply(line);
  return translation.Finish();
}

int32_t Main(const pillion_compat_host* host, const pillion_str* arguments, size_t count) {
  return compat::Run(host, arguments, count, kProgram, compat::Syntax::kKingpin, kPeerFlags,
                     Translate);
}

}  // namespace
}  // namespace pillion::postgres

PILLION_COMPAT("postgres_exporter", "prometheus-community/postgres_exporter, 0.8 to 0.20",
               pillion::postgres::Main)
