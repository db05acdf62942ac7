// The PgBouncer exporter: a poll asks the admin console one SHOW command per collector.
#include "collect.hpp"
#include "console.hpp"
#include "tables.hpp"

#include <pillion/exporter.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace pillion::pgbouncer {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Longest time for a second session beside one that works: scrapes wait meanwhile.
constexpr nanoseconds kRenewMax = std::chrono::seconds(1);

class PgBouncer {
 public:
  explicit PgBouncer(const Options& options)
      : options_(options),
        settings_{options.Bool("old_names"),
                  static_cast<size_t>(options.Int("client_groups_max", 1000))} {
    auto target = Console::ParseTarget(options.String("dsn"), options.String("user"));
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
    const bool kept = console_->open();
    bool started = false;
    auto outcome = PollOnce(ctx, sink, until, started);
    // That PgBouncer was restarted since the last poll shows in the session that was kept.
    if (kept && !started && !outcome.ok() && outcome.error().reason == Reason::kRefused) {
      outcome = PollOnce(ctx, sink, until, started);
    }
    if (outcome.ok()) Renew(ctx, until);
    return outcome;
  }

 private:
  Result<void> Open(const PollContext& ctx, MonoTime until, Console& console) const {
    const auto password = options_.Secret("password");
    if (!password) return password.error();
    return console.Open(ctx, target_, *password, until);
  }

  // A password that changed is tried in a second session; if it is wrong the first goes on.
  void Renew(const PollContext& ctx, MonoTime until) {
    const nanoseconds left = until - ctx.Now();
    if (left <= nanoseconds(0) || !options_.SecretsChanged()) return;
    auto second = std::make_unique<Console>();
    const auto opened = Open(ctx, ctx.Now() + std::min<nanoseconds>(left / 2, kRenewMax), *second);
    options_.SecretsTried(opened);
    if (opened.ok()) console_ = std::move(second);
  }

  // `started`: something of this poll is in the sink.
  Result<void> PollOnce(PollContext& ctx, Sink& sink, MonoTime until, bool& started) {
    if (!console_->open()) {
      if (auto opened = Open(ctx, until, *console_); !opened.ok()) return opened;
    }
    ctx.Fact("server_version", console_->version());
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      if (!ctx.Due(id)) continue;
      const auto collector = static_cast<CollectorId>(id);
      const auto asked = console_->Ask(ctx, CommandOf(collector), until);
      if (!asked) {
        console_->Close();
        return Ended(ctx, sink, id, asked.error(), started);
      }
      started = true;
      sink.Collect(id, [&]() -> Result<void> {
        if (!asked->outcome.ok()) return asked->outcome;
        return Collect(collector, asked->answer, settings_, sink);
      });
    }
    return {};
  }

  // Late is not lost: what came in time is shown, the rest has failed.
  static Result<void> Ended(const PollContext& ctx, Sink& sink, uint32_t from, const Error& error,
                            bool started) {
    if (!started || error.reason != Reason::kTimeout) return error;
    for (uint32_t id = from; id < kCollectorCount; ++id) {
      if (ctx.Due(id)) sink.Collect(id, [&]() -> Result<void> { return error; });
    }
    return {};
  }

  const Options options_;
  const Settings settings_;
  postgres::Target target_;
  std::unique_ptr<Console> console_ = std::make_unique<Console>();  // never null
};

}  // namespace
}  // namespace pillion::pgbouncer

PILLION_EXPORTER(pillion::pgbouncer::PgBouncer, .type = "pgbouncer", .version = "0.1.0",
                 .summary = "PgBouncer 1.8 to 1.25: pools, databases and statistics of its console",
                 .options = pillion::pgbouncer::OptionTable(),
                 .collectors = pillion::pgbouncer::CollectorTable(),
                 .metrics = pillion::pgbouncer::MetricTable(), .up_name = "pgbouncer_up",
                 .up_help = "1 if the last poll could read the console.")
