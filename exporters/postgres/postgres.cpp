// The postgres exporter: one session with a server, one round trip per poll.
#include <pillion/exporter.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "collecting.hpp"
#include "collectors.hpp"
#include "connection.hpp"
#include "failure.hpp"
#include "metrics.hpp"
#include "options.hpp"
#include "pipeline.hpp"
#include "queries.hpp"
#include "rows.hpp"
#include "target.hpp"
#include "value.hpp"

namespace pillion::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Longest time for a second session beside one that works: scrapes wait meanwhile.
constexpr nanoseconds kRenewMax = std::chrono::seconds(1);

std::string InMilliseconds(nanoseconds duration) {
  const auto count = std::chrono::ceil<milliseconds>(duration).count();
  return std::to_string(std::max<int64_t>(count, 1));
}

std::vector<std::string> Copy(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

// "pillion_00" and so on: one per collector, then the question for privileges.
constexpr auto kStatementNames = [] {
  std::array<std::array<char, 11>, kCollectorCount + 1> names{};
  for (size_t i = 0; i < names.size(); ++i) {
    names[i] = {'p', 'i', 'l', 'l', 'i', 'o', 'n', '_'};
    names[i][8] = static_cast<char>('0' + i / 10);
    names[i][9] = static_cast<char>('0' + i % 10);
  }
  return names;
}();

class Postgres {
 public:
  explicit Postgres(const Options& options)
      : options_(options),
        filter_{Copy(options.StringList("include_databases")),
                Copy(options.StringList("exclude_databases"))},
        include_(ArrayLiteral(filter_.include)),
        exclude_(ArrayLiteral(filter_.exclude)) {
    auto target = ParseTarget(options.String("dsn"), options.String("user"));
    if (!target) throw OptionError("dsn", target.error().message);
    target_ = *std::move(target);
    if (target_.has_password) {
      options_.Log(PILLION_LOG_WARN, "the dsn holds a password: `password` would keep it secret");
    }
  }

  Result<void> Poll(PollContext& ctx, Sink& sink) {
    // A little is kept back so that what is finished reaches the host in time.
    const auto reserve =
        std::clamp<nanoseconds>(ctx.Left() / 20, milliseconds(1), milliseconds(50));
    const MonoTime until = ctx.Deadline() - reserve;
    const bool kept = connection_->open();
    bool started = false;
    auto outcome = PollOnce(ctx, sink, until, started);
    // That the server was restarted since the last poll shows in the session we kept: a new one
    // may well succeed.
    const bool lost = !outcome.ok() && outcome.error().reason == Reason::kRefused;
    if (kept && lost && !started) outcome = PollOnce(ctx, sink, until, started);
    if (outcome.ok() && connection_->open()) Renew(ctx, until);
    return outcome;
  }

 private:
  Result<void> Open(PollContext& ctx, MonoTime until, Connection& connection) {
    const auto password = options_.Secret("password");
    if (!password) return password.error();
    if (auto opened = connection.Open(ctx, target_, *password, until); !opened.ok()) return opened;
    if (connection.major() >= kOldestMajor) return {};
    Error error{Reason::kVersion, "PostgreSQL " + connection.version() + " is older than " +
                                      std::to_string(kOldestMajor)};
    connection.Close();
    return error;
  }

  Result<void> Connect(PollContext& ctx, MonoTime until) {
    if (auto opened = Open(ctx, until, *connection_); !opened.ok()) return opened;
    const nanoseconds left = until - ctx.Now();
    statement_timeout_ = InMilliseconds(std::min(options_.Duration("statement_timeout"), left / 2));
    lock_timeout_ = InMilliseconds(options_.Duration("lock_timeout"));
    StartSession();
    return {};
  }

  // A password that changed is tried in a second session, after all was read by the one that we
  // have: whatever comes of it, this poll is well.
  void Renew(PollContext& ctx, MonoTime until) {
    const MonoTime now = ctx.Now();
    const nanoseconds left = until - now;
    if (left <= nanoseconds(0) || !options_.SecretsChanged()) return;
    auto second = std::make_unique<Connection>();
    const auto opened = Open(ctx, now + std::min<nanoseconds>(left / 2, kRenewMax), *second);
    options_.SecretsTried(opened);
    if (!opened.ok()) return;
    connection_ = std::move(second);
    StartSession();
  }

  void StartSession() {
    fresh_ = true;
    major_ = connection_->major();
    hidden_sizes_told_ = false;
    pooled_ = false;
    prepared_ = {};
    quick_ = {};
    readers_.Forget();
  }

  // What one run sends, with the texts that its steps point to.
  struct Plan {
    std::vector<Step> steps;
    std::vector<Collecting::Expected> expected;  // one per step
    std::string setting_sql;
    std::string backend;
    std::array<const char*, 3> setting_parameters;
    std::array<const char*, 2> databases;
    Statement setting;
  };

  void PlanSession(bool fresh, Plan& plan) {
    plan.setting_sql = fresh ? SessionSql(major_) : TransactionSql();
    plan.backend = std::to_string(PQbackendPID(connection_->handle()));
    plan.setting_parameters = {statement_timeout_.c_str(), lock_timeout_.c_str(),
                               plan.backend.c_str()};
    plan.databases = {include_.c_str(), exclude_.c_str()};
    const std::span<const char* const> parameters = plan.setting_parameters;
    plan.setting = {plan.setting_sql.c_str(), fresh ? parameters : parameters.first(2)};
    if (!fresh) return;
    plan.steps.push_back({.main = plan.setting});
    plan.expected.push_back({Collecting::Purpose::kSession, nullptr});
  }

  void PlanPrivilege(bool fresh, Plan& plan) {
    plan.steps.push_back({.main = {kPrivilegeSql}, .sync = fresh || pooled_});
    Keep(plan, kCollectorCount, fresh);
    plan.expected.push_back({Collecting::Purpose::kPrivilege, nullptr});
  }

  // A step that is alone has a transaction of its own.
  void PlanCollector(const Query& query, bool fresh, bool alone, Plan& plan) {
    // pg_locks would show what the statements before it hold until their transaction ends.
    const bool begins = alone || query.collector == kLocks;
    if (begins && !plan.steps.empty()) plan.steps.back().sync = true;
    const uint32_t needs = kTraits[query.collector].needs;
    const bool row_by_row = (needs & kRowByRow) != 0 && !readers_.WasSmall(query.collector);
    plan.steps.push_back({.main = {query.sql}, .row_by_row = row_by_row, .sync = alone});
    if (needs & kTakesDatabases) plan.steps.back().main.parameters = plan.databases;
    Keep(plan, query.collector, fresh);
    plan.expected.push_back({Collecting::Purpose::kCollector, &query});
  }

  // From the second poll on the last step is prepared, or, behind a pooler, has its settings
  // sent along: only the first poll's answer says which.
  void Keep(Plan& plan, uint32_t slot, bool fresh) {
    if (fresh) return;
    Step& step = plan.steps.back();
    if (pooled_) {
      step.before = &plan.setting;
    } else {
      step.name = kStatementNames[slot].data();
      step.is_prepared = &prepared_[slot];
    }
  }

  Result<void> Run(PollContext& ctx, Plan& plan, MonoTime until, Collecting& collecting) {
    if (plan.steps.empty()) return {};
    for (size_t i = 0; i < plan.steps.size(); ++i) plan.expected[i].sync = plan.steps[i].sync;
    collecting.Expect(std::move(plan.expected));
    return RunPipeline(ctx, *connection_, plan.steps, until, collecting);
  }

  // Statements that have been quick and well share transactions, which saves both sides most of
  // the switching to and fro. When one of them fails after all, those behind it are skipped by
  // the server and sent again, each alone: the failure stays in its collector, and costs this
  // poll a round trip. In a new session all are alone.
  Result<void> RunAll(PollContext& ctx, bool fresh, MonoTime until, Collecting& collecting) {
    Plan plan;
    PlanSession(fresh, plan);
    if (IsAnyDue(ctx, kNeedsReadAllStats)) PlanPrivilege(fresh, plan);
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      const Query* query = QueryOf(id);
      if (!ctx.Due(id) || query == nullptr) continue;
      PlanCollector(*query, fresh, fresh || pooled_ || !quick_[id], plan);
    }
    if (auto ran = Run(ctx, plan, until, collecting); !ran.ok()) return ran;
    if (collecting.skipped().empty()) return {};
    Plan again;
    PlanSession(false, again);
    for (const CollectorId id : collecting.skipped())
      PlanCollector(*QueryOf(id), false, true, again);
    return Run(ctx, again, until, collecting);
  }

  const Query* QueryOf(uint32_t id) const {
    return SelectQuery(static_cast<CollectorId>(id), major_);
  }

  Result<void> PollOnce(PollContext& ctx, Sink& sink, MonoTime until, bool& started) {
    if (!connection_->open()) {
      if (auto connected = Connect(ctx, until); !connected.ok()) return connected;
    }
    const bool fresh = std::exchange(fresh_, false);
    ctx.Fact("server_version", connection_->version());
    ctx.Fact("database", connection_->database());
    ctx.Fact("role", connection_->role());

    if (pooled_) readers_.Forget();  // the next answer may be another server's
    Collecting collecting(ctx, sink, readers_, connection_->role());
    const auto prepared_before = prepared_;
    const auto ran = RunAll(ctx, fresh, until, collecting);
    started = collecting.started();
    if (fresh && collecting.pooled()) StartPooled();
    auto finished = Finish(ran, collecting);
    if (!finished.ok()) return finished;
    for (uint32_t i = 0; i < prepared_.size(); ++i) {
      if (prepared_before[i] && !prepared_[i]) connection_->Close();
    }
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      if (!ctx.Due(id)) continue;
      quick_[id] = collecting.WasQuick(static_cast<CollectorId>(id));
      // What this version has nothing to say about.
      if (QueryOf(id) == nullptr) sink.Collect(id, [] { return Result<void>(); });
    }
    return {};
  }

  void StartPooled() {
    pooled_ = true;
    options_.Log(PILLION_LOG_INFO,
                 "a connection pooler stands before the server: settings are sent along with "
                 "every statement and nothing is prepared");
  }

  Result<void> Finish(const Result<void>& ran, Collecting& collecting) {
    if (!ran.ok()) {
      connection_->Close();
      if (collecting.started()) collecting.EndTheRest(ran.error());
      // Late is not lost: what came in time is shown, the others have failed.
      if (ran.error().reason != Reason::kTimeout || collecting.succeeded() == 0) return ran;
    } else if (!collecting.session().ok()) {
      connection_->Close();
      const Error& error = collecting.session().error();
      return Error{error.reason, "preparing the session: " + error.message};
    }
    if (collecting.hidden_sizes() > 0 && !hidden_sizes_told_) {
      hidden_sizes_told_ = true;
      options_.Log(PILLION_LOG_WARN, "the size of " + std::to_string(collecting.hidden_sizes()) +
                                         " database(s) is hidden from this role; to mend it: " +
                                         GrantHint(collecting.role()));
    }
    return {};
  }

  static bool IsAnyDue(const PollContext& ctx, uint32_t need) {
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      if ((kTraits[id].needs & need) && ctx.Due(id)) return true;
    }
    return false;
  }

  const Options options_;
  const DatabaseFilter filter_;
  const std::string include_;  // both lists as array literals
  const std::string exclude_;
  Target target_;
  std::unique_ptr<Connection> connection_ = std::make_unique<Connection>();  // never null
  bool fresh_ = false;           // the session was not read yet
  RowReaders readers_{filter_};  // of the present session
  // Of the present session, or the last one.
  int major_ = 0;
  std::string statement_timeout_;  // in milliseconds
  std::string lock_timeout_;
  bool pooled_ = false;
  std::array<bool, kCollectorCount + 1> prepared_{};  // one per collector, then the privilege
  std::array<bool, kCollectorCount> quick_{};  // by collector: quick and well at its last poll
  bool hidden_sizes_told_ = false;
};

}  // namespace
}  // namespace pillion::postgres

PILLION_EXPORTER(pillion::postgres::Postgres, .type = "postgres", .version = "0.1.0",
                 .summary = "PostgreSQL 12 to 17: its statistics views, in one round trip.",
                 .options = pillion::postgres::kOptions,
                 .collectors = pillion::postgres::kCollectors,
                 .metrics = pillion::postgres::Metrics(), .up_name = "pg_up",
                 .up_help = "1 if the last poll could read the server.",
                 .collector_success_name = "pg_scrape_collector_success",
                 .collector_duration_name = "pg_scrape_collector_duration_seconds")
