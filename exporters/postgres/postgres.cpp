// The postgres exporter: one session with a server, one round trip per poll.
#include <pillion/exporter.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "collecting.hpp"
#include "collectors.hpp"
#include "common/pq/connection.hpp"
#include "common/pq/target.hpp"
#include "custom/custom.hpp"
#include "databases/tour.hpp"
#include "metrics.hpp"
#include "options.hpp"
#include "own_polls.hpp"
#include "pipeline.hpp"
#include "queries.hpp"
#include "session.hpp"
#include "session_run.hpp"

namespace pillion::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Longest time for a second session beside one that works: scrapes wait meanwhile.
constexpr nanoseconds kRenewMax = std::chrono::seconds(1);

std::vector<std::string> Copy(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

Wanted WantedBy(const Options& options) {
  return {.shape = {.include = Copy(options.StringList("include_databases")),
                    .exclude = Copy(options.StringList("exclude_databases")),
                    .compat = Compat(options.StringList("compat")),
                    .many_databases = !options.StringList("databases").empty()},
          .statements_shown = static_cast<size_t>(options.Int("statements_shown")),
          .statement_text = static_cast<size_t>(options.Int("statement_text"))};
}

class Postgres {
 public:
  explicit Postgres(const Options& options)
      : options_(options),
        session_(WantedBy(options)),
        custom_(options),
        tour_(options, WantedBy(options), custom_) {
    auto target = ParseTarget(options.String("dsn"), options.String("user"));
    if (!target) throw OptionError("dsn", target.error().message);
    target_ = *std::move(target);
    RefuseServerLabel();
    if (target_.has_password) {
      options_.Log(PILLION_LOG_WARN, "the dsn holds a password: `password` would keep it secret");
    }
  }

  // Logs in, and has the server prepare the operator's own queries.
  Result<void> Check(PollContext& ctx) {
    Connection connection;
    const MonoTime until = ctx.Deadline();
    if (auto opened = Open(ctx, until, connection); !opened.ok()) return opened;
    return custom_.Check(ctx, connection, until);
  }

  Result<void> Poll(PollContext& ctx, Sink& sink) {
    own_polls_.Begin(ctx.Now());
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
  void RefuseServerLabel() const {
    if (!Compat(options_.StringList("compat")).server_label()) return;
    for (const auto& label : options_.StringMap("labels")) {
      if (label.first != "server") continue;
      throw OptionError("compat",
                        "with 0.9 and 0.11 families have the label `server`, and so has the "
                        "instance: leave out one of them");
    }
  }

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
    bounds_ = {InMilliseconds(std::min(options_.Duration("statement_timeout"), left / 2)),
               InMilliseconds(options_.Duration("lock_timeout"))};
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
    PGconn* handle = connection_->handle();
    session_.Start(connection_->major(), std::string(PQhost(handle)) + ":" + PQport(handle),
                   connection_->database(), bounds_);
    hidden_.Forget();
    custom_.StartSession();
    server_ = {};
    tour_.StartSession();
  }

  Result<void> RunSession(PollContext& ctx, Collecting& collecting, MonoTime until,
                          bool lists_databases, std::vector<uint32_t>& unasked) {
    const bool pooled = session_.pooled();
    auto ran = RunCollectors({.ctx = ctx,
                              .connection = *connection_,
                              .session = session_,
                              .collecting = collecting,
                              .until = until,
                              .lists_databases = lists_databases},
                             unasked);
    if (pooled || !session_.pooled()) return ran;
    options_.Log(PILLION_LOG_INFO,
                 "a connection pooler stands before the server: settings are sent along with "
                 "every statement and nothing is prepared");
    return ran;
  }

  // The queries for several databases in our own one, then all of the others.
  void Tour(PollContext& ctx, Sink& sink, TapeSink& tapes, const DatabaseList& list,
            MonoTime until) {
    const std::string own = tour_.own().name;
    const bool is_read = tour_.is_whole();
    sink.Begin(tour_.Holder(ctx));
    tapes.SetPlace(tour_.own());
    const auto queries = custom_.SeveralOf(own, is_read);
    const bool asks =
        std::any_of(queries.begin(), queries.end(), [&](uint32_t id) { return ctx.Due(id); });
    if (asks && connection_->open()) {
      // What was not asked stands as failed already.
      (void)custom_.Poll(ctx, tapes.sink(),
                         {.connection = *connection_,
                          .server = server_,
                          .prepares = !session_.pooled(),
                          .database = &own,
                          .is_read = is_read},
                         until);
    }
    tour_.Go({.ctx = ctx,
              .tapes = tapes,
              .target = target_,
              .main = *connection_,
              .pooled = session_.pooled(),
              .list = list,
              .until = until});
    tour_.Show(ctx, sink);
  }

  Result<void> PollOnce(PollContext& ctx, Sink& sink, MonoTime until, bool& started) {
    if (!connection_->open()) {
      if (auto connected = Connect(ctx, until); !connected.ok()) return connected;
    }
    ctx.Fact("server_version", connection_->version());
    ctx.Fact("database", connection_->database());
    ctx.Fact("role", connection_->role());
    const std::string database = connection_->database();

    session_.PollBegins();
    const bool tours = tour_.IsDue(ctx);
    TapeSink tapes(ctx, tour_.store());
    Collecting collecting(ctx, sink, tour_.is_whole() ? &tapes.sink() : nullptr,
                          session_.extensions(), connection_->role());
    DatabaseList list;
    if (tours) {
      tour_.Begin(ctx, database);
      tapes.SetPlace(tour_.own());
      collecting.SetDatabases(list);
    }
    std::vector<uint32_t> unasked;
    const auto ran = RunSession(ctx, collecting, until, tours, unasked);
    started = collecting.started();
    auto finished = Finish(ran, collecting);
    if (!finished.ok()) return finished;
    if (auto asked = PollCustom(ctx, sink, until, ran, started); !asked.ok()) return asked;
    if (tours) Tour(ctx, sink, tapes, list, until);
    if (!session_.PollEnded(ctx, collecting)) connection_->Close();
    for (const uint32_t id : unasked) collecting.Fail(id, ran.error());
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      if (!ctx.Due(id) || session_.QueryOf(id) != nullptr) continue;
      if (tour_.is_whole() && (kTraits[id].needs & kPerDatabase)) continue;
      if (std::find(unasked.begin(), unasked.end(), id) != unasked.end()) continue;
      sink.Collect(id, [&]() -> Result<void> {
        if (id == kExporter) own_polls_.Show(ctx.Now(), sink);
        if (auto why = session_.WhyNothing(id, database)) return *std::move(why);
        return {};  // what this version has nothing to say about
      });
    }
    return {};
  }

  // The operator's own queries, behind everything else: they never cost a poll that is well.
  // `ran`: how the rest went.
  Result<void> PollCustom(PollContext& ctx, Sink& sink, MonoTime until, const Result<void>& ran,
                          bool started) {
    if (!custom_.IsAnyDue(ctx)) return {};
    auto asked = ran;
    if (connection_->open()) {
      asked = custom_.Poll(
          ctx, sink,
          {.connection = *connection_, .server = server_, .prepares = !session_.pooled()}, until);
    }
    if (asked.ok() || !started) return asked;
    custom_.Fail(ctx, sink, asked.error());
    return {};
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
    hidden_.Tell(collecting, options_);
    return {};
  }

  const Options options_;
  OwnPolls own_polls_;
  Target target_;
  std::unique_ptr<Connection> connection_ = std::make_unique<Connection>();  // never null
  // Of the present session, or the last one.
  Session session_;
  Session::Bounds bounds_;
  HiddenNotes hidden_;
  CustomQueries custom_;
  CustomQueries::Server server_;
  DatabaseTour tour_;
};

}  // namespace
}  // namespace pillion::postgres

PILLION_EXPORTER(pillion::postgres::Postgres, .type = "postgres", .version = "0.1.0",
                 .summary = "PostgreSQL 12 to 18: its statistics views, in one round trip.",
                 .options = pillion::postgres::kOptions,
                 .collectors = pillion::postgres::kCollectors,
                 .metrics = pillion::postgres::Metrics(), .up_name = "pg_up",
                 .up_help = "1 if the last poll could read the server.",
                 .collector_success_name = "pg_scrape_collector_success",
                 .collector_duration_name = "pg_scrape_collector_duration_seconds")
