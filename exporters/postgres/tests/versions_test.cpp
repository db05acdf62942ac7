// The servers of each version as they were recorded: that each is asked what it accepted then, and
// what becomes of its answers.
//
// testdata/versions.tsv says which families come of which versions. After a change that is meant,
// write it anew and read the diff: PILLION_WRITE_GOLDEN=1 postgres_test -tc='versions:*'
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "postgres/aliases.hpp"
#include "postgres/extensions.hpp"
#include "postgres/metrics.hpp"
#include "postgres/tests/recording.hpp"
#include "postgres/tests/scene.hpp"
#include "postgres/value.hpp"

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;

namespace {

constexpr int kOldest = 12;
constexpr int kNewest = 18;

// What a family is, and in which versions its column is there with and without a value.
struct Shown {
  std::string type;
  std::string labels;
  std::set<int> with_value;
  std::set<int> without;
};
using Families = std::map<std::string, Shown>;

// "12-14 17"; "-": none.
std::string Ranges(const std::set<int>& majors) {
  std::string text;
  for (int major = kOldest; major <= kNewest; ++major) {
    if (majors.count(major) == 0) continue;
    const int first = major;
    while (majors.count(major + 1) != 0) ++major;
    text.append(text.empty() ? "" : " ").append(std::to_string(first));
    if (major > first) text.append("-").append(std::to_string(major));
  }
  return text.empty() ? "-" : text;
}

// Label names of a line, without those of buckets.
std::string LabelNames(const std::string& line) {
  std::string names;
  const size_t brace = line.find_first_of("{ ");
  for (size_t at = brace; line[brace] == '{' && line[at] != '}';) {
    const size_t equals = line.find("=\"", at + 1);
    const std::string name = line.substr(at + 1, equals - at - 1);
    if (name != "le") names.append(names.empty() ? "" : ",").append(name);
    at = equals + 2;
    while (line[at] != '"') at += line[at] == '\\' ? 2 : 1;
    ++at;
  }
  return names;
}

void AddFamilies(const std::string& text, int major, Families& families) {
  std::istringstream lines(text);
  std::string type;
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    if (line.starts_with("# TYPE")) {
      words >> word >> word >> name >> type;
      type.empty() ? void() : void(families[name].type = type);
      families[name].with_value.insert(major);
    }
    if (line.starts_with("#")) continue;
    std::string& labels = families[name].labels;
    for (std::istringstream each(LabelNames(line)); std::getline(each, word, ',');) {
      if (("," + labels + ",").find("," + word + ",") != std::string::npos) continue;
      labels.append(labels.empty() ? "" : ",").append(word);
    }
  }
}

// The family that a column feeds, or an empty name.
std::string FamilyOf(CollectorId collector, const std::string& column) {
  const std::string name = std::string(kTraits[collector].prefix) + column;
  const auto metrics = Metrics();
  const bool known = std::any_of(metrics.begin(), metrics.end(), [&](const Metric& metric) {
    return metric.collector == collector && metric.name == name;
  });
  return known ? name : "";
}

bool IsForAliases(CollectorId collector, const std::string& column) {
  const std::string name = std::string(kTraits[collector].prefix) + column;
  const auto aliases = Aliases();
  return std::any_of(aliases.begin(), aliases.end(),
                     [&](const Alias& alias) { return alias.source == name; });
}

template <typename Visit>
void ForEachStatement(Visit visit) {
  for (int major = kOldest; major <= kNewest; ++major) {
    const Recording recording = ReadRecording(major);
    CAPTURE(recording.version);
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      CAPTURE(kCollectors[id].name);
      const auto collector = static_cast<CollectorId>(id);
      const auto found = recording.statements.find(std::string(kCollectors[id].name));
      const Query* query = recording.QueryOf(collector);
      REQUIRE((query != nullptr) == (found != recording.statements.end()));
      if (query != nullptr) visit(major, collector, *query, found->second);
    }
  }
}

PollReport Replay(int major) {
  const Recording recording = ReadRecording(major);
  std::map<std::string, const FakeAnswer*, std::less<>> answers;
  for (uint32_t id = 0; id < kCollectorCount; ++id) {
    const auto found = recording.statements.find(std::string(kCollectors[id].name));
    if (found == recording.statements.end()) continue;
    const std::string_view extension = kTraits[id].extension;
    const Query* query = recording.QueryOf(static_cast<CollectorId>(id));
    answers[InSchema(query->sql, recording.ExtensionSchema(extension))] = &found->second.answer;
  }
  Scene scene(
      [&](std::string_view sql) -> FakeAnswer {
        if (sql == Extensions::kSql) return recording.statements.at(kExtensionsStatement).answer;
        const auto found = answers.find(sql);
        return found == answers.end() ? Usual(sql) : *found->second;
      },
      recording.version, {{"statement_text", "40"}});
  std::vector<std::string> due;
  for (const Collector& collector : kCollectors) {
    if (collector.name != "exporter") due.emplace_back(collector.name);
  }
  if (major < 16) std::erase(due, "buffercache_summary");  // says that it needs a newer extension
  PollReport report = scene.host.Poll({.due = due});
  CheckClean(report);
  for (const auto& collector : report.collectors) {
    CHECK_MESSAGE(collector.reason == Reason::kOk, collector.name << ": " << collector.message);
  }
  return report;
}

Families AllFamilies() {
  Families families;
  for (int major = kOldest; major <= kNewest; ++major) {
    CAPTURE(major);
    AddFamilies(Replay(major).text, major, families);
  }
  ForEachStatement([&](int major, CollectorId collector, const Query&, const auto& statement) {
    for (const FakeColumn& column : statement.answer.columns) {
      const std::string family = FamilyOf(collector, column.name);
      if (family.empty() || families[family].with_value.count(major) != 0) continue;
      families[family].without.insert(major);
    }
  });
  return families;
}

std::string Table(const Families& families) {
  std::ostringstream table;
  table
      << "# Families by the versions of PostgreSQL that give them. Written by versions_test.cpp.\n"
         "family\ttype\tlabels\tversions\trecorded without a value\n";
  for (const auto& [name, shown] : families) {
    table << name << '\t' << shown.type << '\t' << shown.labels << '\t' << Ranges(shown.with_value)
          << '\t' << Ranges(shown.without) << '\n';
  }
  return table.str();
}

// Whether a version is one of "any", "PG>=13", "PG<17", "PG 9.4-9.6", "PG<10 only".
bool Gives(const std::string& since, int major) {
  if (since.starts_with("PG>=")) return major >= std::stoi(since.substr(4));
  if (since.starts_with("PG<")) return major < std::stoi(since.substr(3));
  return !since.starts_with("PG ");
}

}  // namespace

TEST_CASE("versions: each is asked what it accepted when it was recorded") {
  ForEachStatement([](int, CollectorId, const Query& query, const auto& statement) {
    INFO("a changed statement must be tried on all versions: tests/record.sh");
    CHECK(statement.digest == Digest(query.sql));
    REQUIRE(statement.answer.columns.size() > static_cast<size_t>(query.labels));
    CHECK_FALSE(statement.answer.rows.empty());
  });
}

TEST_CASE("versions: each column of a number is shown and can be read") {
  ForEachStatement([](int, CollectorId collector, const Query& query, const auto& statement) {
    const auto& columns = statement.answer.columns;
    if (kTraits[collector].shape == RowsShape::kSettings) return;
    for (size_t i = static_cast<size_t>(query.labels); i < columns.size(); ++i) {
      CAPTURE(columns[i].name);
      if (collector == kProcessIdle) continue;  // a histogram of several columns
      const bool is_shown =
          !FamilyOf(collector, columns[i].name).empty() || IsForAliases(collector, columns[i].name);
      CHECK(is_shown);
      for (const FakeRow& row : statement.answer.rows) {
        if (!row[i]) continue;
        CHECK(DecodeNumber(static_cast<uint32_t>(columns[i].type), *row[i]).has_value());
      }
    }
  });
}

TEST_CASE("versions: families are those of the table") {
  const std::string path = POSTGRES_TESTDATA "/versions.tsv";
  const std::string table = Table(AllFamilies());
  if (std::getenv("PILLION_WRITE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::ofstream(path) << table;
    return;
  }
  std::ostringstream expected;
  expected << std::ifstream(path).rdbuf();
  CHECK(table == expected.str());
}

TEST_CASE("versions: families are there from the version that their table says") {
  const Families families = AllFamilies();
  for (const Metric& metric : Metrics()) {
    if (metric.collector == kSettings || metric.collector == kExporter) continue;
    CAPTURE(metric.name);
    const auto found = families.find(std::string(metric.name));
    REQUIRE(found != families.end());
    std::set<int> majors = found->second.with_value;
    majors.insert(found->second.without.begin(), found->second.without.end());
    const int since = metric.since.empty() ? kOldest : std::stoi(std::string(metric.since));
    CHECK(*majors.begin() == std::max(since, kOldest));
  }
}

TEST_CASE("versions: each gives all families that the peer can show of it") {
  const Families families = AllFamilies();
  std::map<int, int> expected;
  std::map<int, int> given;
  std::ifstream peer(POSTGRES_TESTDATA "/peer_metrics.tsv");
  for (std::string line; std::getline(peer, line);) {
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) fields.push_back(cell);
    const std::string& collector = fields.at(3);
    const bool is_host = collector == "framework" || collector == "exporter" ||
                         collector == "process" || collector == "user queries" ||
                         collector == "retired" || collector == "collector" ||
                         collector == "settings";
    if (is_host) continue;
    for (int major = kOldest; major <= kNewest; ++major) {
      if (!Gives(fields.at(5), major)) continue;
      CAPTURE(fields[0]);
      CAPTURE(major);
      ++expected[major];
      const auto found = families.find(fields[0]);
      REQUIRE(found != families.end());
      const bool is_there =
          found->second.with_value.count(major) != 0 || found->second.without.count(major) != 0;
      CHECK(is_there);
      given[major] += is_there ? 1 : 0;
    }
  }
  for (const auto& [major, count] : expected) {
    MESSAGE("PostgreSQL " << major << ": " << given[major] << " of " << count << " families");
  }
}
