// The Redis exporter: one poll is one pipelined round trip, whose answers feed all collectors.
#include "cluster.hpp"
#include "cluster_scans.hpp"
#include "collect.hpp"
#include "node_failures.hpp"
#include "node_sink.hpp"
#include "scans.hpp"
#include "scripts.hpp"
#include "search.hpp"
#include "session.hpp"
#include "settings.hpp"
#include "tables.hpp"

#include <pillion/exporter.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pillion::redis {
namespace {

constexpr struct {
  CollectorId collector;
  Result<void> (*collect)(const Reading&, Sink&);
} kCollects[] = {
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
    {kClients, CollectClients},
    {kModules, CollectModules},
    {kTile38, CollectTile38},
    {kRdbFile, CollectRdbFile},
};

}  // namespace

class RedisExporter {
 public:
  explicit RedisExporter(const Options& options)
      : settings_(Settings::From(options)),
        session_(settings_, options),
        scans_(settings_, options),
        cluster_scans_(settings_, options),
        node_failures_(options),
        search_(settings_),
        scripts_(options) {
    if (settings_.topology.kind == Topology::Kind::kCluster) cluster_.emplace(settings_, options);
  }

  Result<void> Poll(PollContext& ctx, Sink& sink) {
    const MonoTime begin = ctx.Now();
    ++polls_;
    DueSet due;
    for (uint32_t i = 0; i < kCollectorCount; ++i) due[i] = ctx.Due(i);
    auto done = cluster_ ? PollNodes(ctx, due, sink) : PollServer(ctx, due, sink);
    seconds_ += Seconds(ctx.Now() - begin);
    if (!done) return done;
    sink.Collect(kExporter, [&] {
      EmitDenied(sink);
      return EmitSelf(Seconds(ctx.Now() - begin), sink);
    });
    if (cluster_) {
      cluster_->Renew(ctx);
    } else {
      session_.Renew(ctx);
    }
    return {};
  }

 private:
  static double Seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  }

  Result<void> PollServer(const PollContext& ctx, DueSet due, Sink& sink) {
    Answers answers;
    if (auto done = session_.Poll(ctx, due, answers); !done) return done;
    if (settings_.topology.kind != Topology::Kind::kSingle) {
      ctx.Fact("reads", session_.address().ToText());
    }
    const Reading reading = MakeReading(ctx, session_, answers, start_time_);
    TellFacts(ctx, reading);
    for (const auto& entry : kCollects) {
      sink.Collect(entry.collector, [&] { return entry.collect(reading, sink); });
    }
    sink.Collect(kNodes, [] { return Result<void>(); });
    sink.Collect(kSearchIndexes, [&] { return search_.Collect(ctx, session_, reading, sink); });
    scans_.Run(ctx, due, session_, reading, sink);
    sink.Collect(kScripts, [&] { return scripts_.Collect(ctx, session_, settings_, sink); });
    return {};
  }

  // A collector fails if it does for each node: what can be had of the others is shown.
  Result<void> PollNodes(const PollContext& ctx, DueSet due, Sink& sink) {
    if (auto done = cluster_->Poll(ctx, due); !done) return done;
    const std::vector<NodeReading> nodes = ReadNodes(ctx);
    ctx.Fact("reads", std::to_string(nodes.size()) + " nodes");
    if (!nodes.empty()) TellFacts(ctx, nodes.front().reading);
    for (const auto& entry : kCollects) {
      sink.Collect(entry.collector, [&]() -> Result<void> {
        NodeSink to(ctx);
        NodeFailures::Run run(node_failures_, entry.collector);
        for (const NodeReading& node : nodes) {
          to.SetNode(node.name);
          run.Add(node.name, entry.collect(node.reading, to.sink()));
        }
        return run.End();
      });
    }
    sink.Collect(kNodes, [&] { return CollectNodes(*cluster_, sink); });
    cluster_scans_.Run(ctx, due, *cluster_, nodes, node_failures_, sink);
    sink.Collect(kSearchIndexes, [&] { return search_.CollectNodes(ctx, nodes, node_failures_); });
    sink.Collect(kScripts, [&] { return scripts_.CollectNodes(ctx, nodes, settings_); });
    return {};
  }

  // Those that could be read.
  std::vector<NodeReading> ReadNodes(const PollContext& ctx) {
    std::set<std::string> masters;
    for (const ClusterNode& node : cluster_->nodes()) {
      if (node.is_master) masters.insert(cluster_->NameOf(node));
    }
    std::vector<NodeReading> nodes;
    for (NodePoll& poll : cluster_->polls()) {
      if (!poll.outcome.ok()) continue;
      nodes.push_back({.name = poll.name,
                       .session = poll.session,
                       .is_master = masters.count(poll.name) > 0,
                       .reading = MakeReading(ctx, *poll.session, poll.answers, *poll.start_time)});
    }
    return nodes;
  }

  Reading MakeReading(const PollContext& ctx, const Session& session, const Answers& answers,
                      double& start_time) const {
    Reading reading{settings_, session.server(), answers, answers.Get(Ask::kInfo), {}, {}, {}};
    reading.now = ctx.UnixSeconds();
    if (reading.info_reply.ok()) {
      reading.info = answers.info;
      reading.identity = answers.identity;
      reading.times = CommandTimes(reading.info.Body(Section::kCommandstats));
      start_time = StartTime(reading.identity, ctx.UnixSeconds(), start_time);
      reading.start_time = start_time;
    }
    return reading;
  }

  void TellFacts(const PollContext& ctx, const Reading& reading) const {
    if (!reading.info_reply.ok()) return;
    ctx.Fact("server_version", reading.identity.redis_version);
    if (!reading.identity.role.empty()) ctx.Fact("role", reading.identity.role);
    if (!reading.identity.valkey_version.empty()) {
      ctx.Fact("valkey_version", reading.identity.valkey_version);
    }
  }

  void EmitDenied(Sink& sink) {
    std::map<Session::Denied, double> servers;
    const auto add = [&](const Session& session) {
      const auto denied = session.DeniedNow();
      for (const auto& each : std::set(denied.begin(), denied.end())) ++servers[each];
    };
    if (cluster_) {
      for (const NodePoll& poll : cluster_->polls()) add(*poll.session);
    } else {
      add(session_);
    }
    for (const auto& [denied, count] : servers) {
      sink.Add(FamilyOf(kCommandsDenied), {denied.command, ToString(denied.reason)}, count);
    }
  }

  Result<void> EmitSelf(double seconds, Sink& sink) const {
    const Topology& topology = settings_.topology;
    if (topology.kind == Topology::Kind::kSentinel) {
      sink.Add(FamilyOf(kTargetInfo),
               {NameOf(topology.kind), topology.master_name, session_.address().ToText()}, 1);
      sink.Add(FamilyOf(kTargetChanges), static_cast<double>(session_.moves()));
    }
    sink.Add(FamilyOf(kScrapes), polls_);
    sink.Add(FamilyOf(kScrapeDuration), Labels{}, Summary{{}, {}, polls_, seconds_});
    sink.Add(FamilyOf(kLastScrapeDuration), seconds);
    sink.Add(FamilyOf(kLastScrapeConnectTime), Seconds(session_.connect_time()));
    sink.Add(FamilyOf(kLastScrapeError), {""}, 0);
    if (settings_.keys.key_groups.empty()) sink.Add(FamilyOf(kKeyGroupsDuration), 0);
    return {};
  }

  const Settings settings_;
  Session session_;
  std::optional<Cluster> cluster_;  // then session_ is not used
  Scans scans_;
  ClusterScans cluster_scans_;
  NodeFailures node_failures_;
  SearchIndexes search_;
  Scripts scripts_;
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
