#include "custom.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "../aliases.hpp"
#include "../collectors.hpp"
#include "../databases/patterns.hpp"
#include "../metrics.hpp"
#include "queries_file.hpp"
#include "records.hpp"
#include "rows.hpp"

namespace pillion::postgres {
namespace {

using std::chrono::nanoseconds;

constexpr const char* kServerSql =
    "SELECT pg_catalog.pg_is_in_recovery(), (SELECT reset_val FROM pg_catalog.pg_settings WHERE "
    "name = 'search_path')";
// Stands before the queries so that the first one's time is its own.
constexpr const char* kFirstSql = "SELECT 1";
// $1 and $2 in milliseconds. The styles are what cells.hpp reads.
constexpr const char* kSettingsSql =
    "SELECT pg_catalog.set_config('transaction_read_only', 'on', true),"
    " pg_catalog.set_config('statement_timeout', $1, true),"
    " pg_catalog.set_config('lock_timeout', $2, true),"
    " pg_catalog.set_config('search_path', $3, true),"
    " pg_catalog.set_config('datestyle', 'ISO', true),"
    " pg_catalog.set_config('intervalstyle', 'postgres', true)";

std::string InMilliseconds(nanoseconds duration) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return std::to_string(std::max<int64_t>(count, 1));
}

// Takes the one row of kServerSql.
class ServerHandler : public StepHandler {
 public:
  Result<void> OnRows(size_t, const PGresult* rows) override {
    if (PQntuples(rows) != 1 || PQnfields(rows) != 2) {
      return Error{Reason::kProtocol, "the server does not say whether it is a replica"};
    }
    in_recovery = std::string_view(PQgetvalue(rows, 0, 0)) == "t";
    search_path = PQgetvalue(rows, 0, 1);
    return {};
  }
  void OnDone(size_t, const Result<void>& how) override { outcome = how; }
  void OnSkipped(size_t) override {}

  Result<void> outcome;
  bool in_recovery = false;
  std::string search_path;
};

// One run of several queries: step 0 is none of them.
class RunHandler : public StepHandler {
 public:
  struct Running {
    const CustomQuery* query;
    uint32_t collector;
    CustomRows rows;
    int64_t count = 0;
  };

  RunHandler(Sink& sink, std::vector<Running>& running) : sink_(sink), running_(running) {}

  Result<void> OnRows(size_t step, const PGresult* rows) override {
    if (step == 0) return {};
    Begin(step);
    Running& running = running_[step - 1];
    running.count += PQntuples(rows);
    if (running.count > running.query->rows_max) {
      return Error{Reason::kLimit,
                   "more than " + std::to_string(running.query->rows_max) + " rows"};
    }
    return running.rows.Add(rows, sink_);
  }

  void OnDone(size_t step, const Result<void>& outcome) override {
    if (step > 0) {
      Begin(step);
      End(step, outcome);
    }
    next_ = step + 1;
    // The server is at work on the next one now.
    if (next_ <= running_.size()) Begin(next_);
  }

  void OnSkipped(size_t step) override {
    OnDone(step, Error{Reason::kInternal, "the server left it out"});
  }

  // The session broke.
  void EndTheRest(const Error& error) {
    for (size_t step = std::max<size_t>(next_, 1); step <= running_.size(); ++step) {
      Begin(step);
      End(step, error);
    }
  }

  bool started() const { return started_; }

 private:
  void Begin(size_t step) {
    if (begun_) return;
    begun_ = started_ = true;
    sink_.Begin(running_[step - 1].collector);
  }

  void End(size_t step, const Result<void>& outcome) {
    begun_ = false;
    const std::string& place = running_[step - 1].query->place;
    if (outcome.ok() || place.empty()) {
      sink_.End(outcome);
    } else {
      sink_.End(Error{outcome.error().reason, place + ": " + outcome.error().message});
    }
  }

  Sink& sink_;
  std::vector<Running>& running_;
  size_t next_ = 0;
  bool begun_ = false;
  bool started_ = false;
};

}  // namespace

CustomQueries::CustomQueries(const Options& options)
    : options_(options), lock_timeout_(InMilliseconds(options.Duration("lock_timeout"))) {
  for (auto& [query, record] : ReadQueryRecords(options)) {
    entries_.push_back({std::move(query), record});
  }
  ReadFile();
  RefuseLabels();
  AddCollectors();
}

void CustomQueries::ReadFile() {
  const std::string path(options_.String("queries_file"));
  if (path.empty()) return;
  const auto text = ReadQueriesFile(path);
  if (!text) return options_.Refuse("queries_file", text.error().message);
  QueriesFile file = ParseQueriesFile(*text, path);
  for (const std::string& error : file.errors) options_.Refuse("queries_file", error);
  for (const std::string& warning : file.warnings) options_.Log(PILLION_LOG_WARN, warning);
  const bool as_old = Compat(options_.StringList("compat")).server_label();
  const bool reads_others = !options_.StringList("databases").empty();
  for (CustomQuery& query : file.queries) {
    query.as_old = as_old;
    if (!reads_others) query.where = CustomQuery::Where::kConnection;
    const bool twice = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& other) {
      return other.query.name == query.name;
    });
    if (twice) {
      options_.Refuse("queries_file",
                      query.place + ": " + query.name + ": there is another query of this name");
      continue;
    }
    entries_.push_back({std::move(query)});
  }
}

// A label that both the instance and the query give would cost the query all its samples.
void CustomQueries::RefuseLabels() {
  const auto taken = options_.StringMap("labels");
  const auto is_taken = [&](const CustomColumn& column) {
    return column.kind == ColumnKind::kLabel &&
           std::any_of(taken.begin(), taken.end(),
                       [&](const auto& label) { return label.first == column.name; });
  };
  for (const Entry& entry : entries_) {
    for (const CustomColumn& column : entry.query.columns) {
      if (!is_taken(column)) continue;
      const std::string wrong = "`" + column.name +
                                "` is a label of the instance already; give the column another "
                                "name (AS name)";
      if (entry.record) {
        entry.record->Refuse("labels", wrong);
      } else {
        options_.Refuse("queries_file", entry.query.place + ": " + entry.query.name + ": " + wrong);
      }
    }
  }
}

void CustomQueries::WarnOfOwnFamilies(const CustomQuery& query) {
  for (const CustomColumn& column : query.columns) {
    if (column.kind == ColumnKind::kLabel || column.kind == ColumnKind::kDiscard) continue;
    const std::string name = query.prefix + "_" + column.name;
    for (const Metric& metric : Metrics()) {
      if (metric.name != name) continue;
      const std::string collector(kCollectors[metric.collector].name);
      options_.Log(PILLION_LOG_WARN, (query.place.empty() ? "" : query.place + ": ") +
                                         "the query " + query.name + " shows " + name +
                                         ", as the collector " + collector +
                                         " does: keep one of them, as with collectors = { " +
                                         collector + " = false }");
      return;
    }
  }
}

void CustomQueries::AddCollectors() {
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    const CustomQuery& query = entry.query;
    entry.statement_name = "pillion_query_" + std::to_string(i);
    WarnOfOwnFamilies(query);
    const std::string name = "query_" + query.name;
    const std::string help =
        query.place.empty() ? "A query of the configuration." : "The query of " + query.place + ".";
    entry.collector = IsQueryName(query.name)
                          ? options_.AddCollector(
                                {.name = name,
                                 .help = help,
                                 .flags = query.enabled ? 0u : uint32_t{PILLION_COLLECTOR_OFF},
                                 .default_every = static_cast<uint64_t>(query.every.count()),
                                 .default_timeout = static_cast<uint64_t>(query.timeout.count())})
                          : PILLION_NO_COLLECTOR;
  }
}

bool CustomQueries::IsAnyDue(const PollContext& ctx) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return IsIn(entry, nullptr, true) && IsDue(ctx, entry);
  });
}

bool CustomQueries::IsIn(const Entry& entry, const std::string* database, bool is_read) {
  switch (entry.query.where) {
    case CustomQuery::Where::kConnection: return database == nullptr;
    case CustomQuery::Where::kAll: return database != nullptr && is_read;
    case CustomQuery::Where::kNamed: break;
  }
  return database != nullptr && FitsList(entry.query.databases, *database);
}

std::vector<uint32_t> CustomQueries::Several() const {
  std::vector<uint32_t> all;
  for (const Entry& entry : entries_) {
    if (entry.collector == PILLION_NO_COLLECTOR) continue;
    if (entry.query.where != CustomQuery::Where::kConnection) all.push_back(entry.collector);
  }
  return all;
}

std::vector<uint32_t> CustomQueries::SeveralOf(const std::string& database, bool is_read) const {
  std::vector<uint32_t> all;
  for (const Entry& entry : entries_) {
    if (entry.collector == PILLION_NO_COLLECTOR) continue;
    if (IsIn(entry, &database, is_read)) all.push_back(entry.collector);
  }
  return all;
}

const CustomQueries::Entry* CustomQueries::Find(uint32_t collector) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.collector == collector; });
  return found == entries_.end() ? nullptr : &*found;
}

nanoseconds CustomQueries::EveryOf(uint32_t collector) const {
  const Entry* entry = Find(collector);
  return entry == nullptr ? nanoseconds(0) : entry->query.every;
}

std::string CustomQueries::NameOf(uint32_t collector) const {
  const Entry* entry = Find(collector);
  return entry == nullptr ? "" : "query_" + entry->query.name;
}

bool CustomQueries::IsDue(const PollContext& ctx, const Entry& entry) {
  return entry.collector != PILLION_NO_COLLECTOR && ctx.Due(entry.collector);
}

void CustomQueries::StartSession() {
  for (Entry& entry : entries_) entry.prepared = entry.skip_told = false;
}

Result<void> CustomQueries::AskServer(const PollContext& ctx, const Session& session,
                                      MonoTime until) {
  const bool asks_role = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.query.run_on != CustomQuery::RunOn::kAny && IsDue(ctx, entry);
  });
  if (session.server.known && !asks_role) return {};
  ServerHandler handler;
  const Step step{.main = {.sql = kServerSql, .text = true}};
  auto ran = RunPipeline(ctx, session.connection, {&step, 1}, until, handler);
  if (!ran.ok()) {
    session.connection.Close();
    return ran;
  }
  if (!handler.outcome.ok()) return handler.outcome;
  session.server = {true, handler.in_recovery, std::move(handler.search_path)};
  return {};
}

bool CustomQueries::IsFor(const Entry& entry, int version, const Server& server) {
  const auto run_on = entry.query.run_on;
  if (!entry.query.versions.Has(version)) return false;
  return run_on == CustomQuery::RunOn::kAny ||
         (run_on == CustomQuery::RunOn::kReplica) == server.in_recovery;
}

void CustomQueries::EndSkipped(Sink& sink, const std::vector<Entry*>& skipped, int server) {
  for (Entry* entry : skipped) {
    sink.Collect(entry->collector, [] { return Result<void>(); });
    if (entry->query.versions.Has(server) || std::exchange(entry->skip_told, true)) continue;
    options_.Log(PILLION_LOG_INFO,
                 "the query " + entry->query.name + " is not for this version of PostgreSQL");
  }
}

nanoseconds CustomQueries::TimeoutOf(const PollContext& ctx, const Entry& entry) const {
  nanoseconds own = ctx.CollectorTimeout(entry.collector);
  if (own.count() == 0) own = entry.query.timeout;
  if (own.count() > 0) return std::min(own, ctx.Left());
  return std::min(options_.Duration("statement_timeout"), ctx.Left() / 2);
}

void CustomQueries::FillSettings(nanoseconds timeout, const Server& server,
                                 Settings& settings) const {
  settings.timeout = InMilliseconds(timeout);
  settings.parameters = {settings.timeout.c_str(), lock_timeout_.c_str(),
                         server.search_path.c_str()};
  settings.statement = {.sql = kSettingsSql, .parameters = settings.parameters};
}

Result<void> CustomQueries::Poll(const PollContext& ctx, Sink& sink, const Session& session,
                                 MonoTime until) {
  if (auto asked = AskServer(ctx, session, until); !asked.ok()) return asked;
  const int version = PQserverVersion(session.connection.handle());
  std::vector<Entry*> chosen;
  std::vector<Entry*> skipped;
  for (Entry& entry : entries_) {
    if (!IsIn(entry, session.database, session.is_read) || !IsDue(ctx, entry)) continue;
    (IsFor(entry, version, session.server) ? chosen : skipped).push_back(&entry);
  }
  if (!chosen.empty()) {
    if (auto ran = Run(ctx, sink, session, until, chosen); !ran.ok()) return ran;
  }
  EndSkipped(sink, skipped, version);
  return {};
}

Result<void> CustomQueries::Run(const PollContext& ctx, Sink& sink, const Session& session,
                                MonoTime until, const std::vector<Entry*>& chosen) {
  Connection& connection = session.connection;
  const int server = PQserverVersion(connection.handle());
  const std::string address =
      std::string(PQhost(connection.handle())) + ":" + PQport(connection.handle());

  std::vector<Step> steps = {{.main = {.sql = kFirstSql}}};
  std::deque<Settings> settings;
  std::vector<RunHandler::Running> running;
  std::vector<bool> prepared_before;
  for (Entry* entry : chosen) {
    Settings& s = settings.emplace_back();
    FillSettings(TimeoutOf(ctx, *entry), session.server, s);
    Step& step = steps.emplace_back();
    step.main = {.sql = entry->query.sql.c_str(), .text = true};
    step.row_by_row = true;
    step.before = &s.statement;
    if (session.prepares) {
      step.name = entry->statement_name.c_str();
      step.is_prepared = &entry->prepared;
    }
    prepared_before.push_back(entry->prepared);
    running.push_back(
        {&entry->query, entry->collector,
         CustomRows(entry->query, entry->collector, server, address, connection.database())});
  }
  RunHandler handler(sink, running);
  auto ran = RunPipeline(ctx, connection, steps, until, handler);
  if (!ran.ok()) {
    connection.Close();
    if (!handler.started()) return ran;
    handler.EndTheRest(ran.error());
  }
  bool lost = false;
  for (size_t i = 0; i < chosen.size(); ++i) {
    Entry& entry = *chosen[i];
    // The server has lost it, or it no longer fits its tables: a new session asks anew.
    lost = lost || (session.prepares && prepared_before[i] && !entry.prepared);
    TellLeftOut(entry, running[i].rows.left_out());
  }
  if (lost) connection.Close();
  return {};
}

void CustomQueries::TellLeftOut(Entry& entry, const std::string& what) {
  if (what.empty() || what == entry.left_out_told) return;
  entry.left_out_told = what;
  const std::string place = entry.query.place.empty() ? "" : entry.query.place + ": ";
  options_.Log(PILLION_LOG_WARN,
               place + "query " + entry.query.name + ": " + what + "; it is left out");
}

void CustomQueries::Fail(const PollContext& ctx, Sink& sink, const Error& error) {
  for (const Entry& entry : entries_) {
    if (!IsIn(entry, nullptr, true) || !IsDue(ctx, entry)) continue;
    sink.Collect(entry.collector, [&]() -> Result<void> { return error; });
  }
}

}  // namespace pillion::postgres
