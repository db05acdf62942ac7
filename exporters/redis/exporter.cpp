// The Redis exporter: one poll is one pipelined round trip, whose answers feed all collectors.
#include "collect.hpp"
#include "session.hpp"
#include "settings.hpp"
#include "tables.hpp"

#include <pillion/exporter.hpp>

#include <chrono>

namespace pillion::redis {

class RedisExporter {
 public:
  explicit RedisExporter(const Options& options)
      : settings_(Settings::From(options)), session_(settings_, options) {}

  Result<void> Poll(PollContext& ctx, Sink& sink) {
    const MonoTime begin = ctx.Now();
    ++polls_;
    DueSet due;
    for (uint32_t i = 0; i < kCollectorCount; ++i) due[i] = ctx.Due(i);
    Answers answers;
    if (auto done = session_.Poll(ctx, due, answers); !done) {
      seconds_ += Seconds(ctx.Now() - begin);
      return done;
    }
    Emit(ctx, answers, sink);
    seconds_ += Seconds(ctx.Now() - begin);
    sink.Collect(kExporter, [&] { return EmitSelf(Seconds(ctx.Now() - begin), sink); });
    session_.Renew(ctx);
    return {};
  }

 private:
  static double Seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  }

  void Emit(const PollContext& ctx, const Answers& answers, Sink& sink) {
    Reading reading{settings_, session_.server(), answers, answers.Get(Ask::kInfo), {}, {}, {}};
    if (reading.info_reply.ok()) {
      reading.info = Info(TextOf(*reading.info_reply));
      reading.identity = ReadIdentity(reading.info);
      reading.times = CommandTimes(reading.info.Body(Section::kCommandstats));
      start_time_ = StartTime(reading.info, ctx.UnixSeconds(), start_time_);
      reading.start_time = start_time_;
      ctx.Fact("server_version", reading.identity.redis_version);
      if (!reading.identity.role.empty()) ctx.Fact("role", reading.identity.role);
      if (!reading.identity.valkey_version.empty()) {
        ctx.Fact("valkey_version", reading.identity.valkey_version);
      }
    }
    const struct {
      CollectorId collector;
      Result<void> (*collect)(const Reading&, Sink&);
    } collectors[] = {
        {kInfo, CollectInfo},
        {kKeyspace, CollectKeyspace},
        {kCommandstats, CollectCommandstats},
        {kLatencystats, CollectLatencystats},
        {kErrorstats, CollectErrorstats},
        {kReplication, CollectReplication},
        {kConfig, CollectConfig},
        {kSlowlog, CollectSlowlog},
        {kCommandlog, CollectCommandlog},
        {kLatency, CollectLatency},
        {kLatencyHistogram, CollectLatencyHistogram},
        {kCluster, CollectCluster},
        {kSentinel, CollectSentinel},
    };
    for (const auto& entry : collectors) {
      sink.Collect(entry.collector, [&] { return entry.collect(reading, sink); });
    }
  }

  Result<void> EmitSelf(double seconds, Sink& sink) const {
    sink.Add(FamilyOf(kScrapes), polls_);
    sink.Add(FamilyOf(kScrapeDuration), Labels{}, Summary{{}, {}, polls_, seconds_});
    sink.Add(FamilyOf(kLastScrapeDuration), seconds);
    sink.Add(FamilyOf(kLastScrapeConnectTime), Seconds(session_.connect_time()));
    sink.Add(FamilyOf(kLastScrapeError), {""}, 0);
    sink.Add(FamilyOf(kKeyGroupsDuration), 0);
    return {};
  }

  const Settings settings_;
  Session session_;
  double polls_ = 0;
  double seconds_ = 0;  // that all polls took
  double start_time_ = 0;
};

}  // namespace pillion::redis

PILLION_EXPORTER(pillion::redis::RedisExporter, .type = "redis", .version = "0.1.0",
                 .summary = "Redis, Valkey and KeyDB: INFO and what belongs to it",
                 .options = pillion::redis::OptionTable(),
                 .collectors = pillion::redis::CollectorTable(),
                 .metrics = pillion::redis::MetricTable(), .up_name = "redis_up",
                 .up_help = "Whether the server could be read in the last poll.")
