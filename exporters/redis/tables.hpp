// The exporter's tables: options, collectors, metrics. They are the one truth for registration,
// `pillion describe redis` and the README.
//
// Families: first those of kInfoFields (info_fields.hpp), in its order; then those of `Metric`
// below. So an index of either kind is a family.
#pragma once

#include <pillion/tables.hpp>

#include <cstdint>
#include <span>

namespace pillion::redis {

enum CollectorId : uint32_t {
  kInfo,
  kKeyspace,
  kCommandstats,
  kLatencystats,
  kErrorstats,
  kReplication,
  kConfig,
  kSlowlog,
  kCommandlog,
  kLatency,
  kLatencyHistogram,
  kCluster,
  kSentinel,
  kExporter,
  kCollectorCount,
};

// Families that are not a plain field of INFO, counted from the end of kInfoFields.
enum MetricId : uint32_t {
  // info
  kStartTime,
  kConfiguredHz,
  kHz,
  kIoThreadActiveTime,
  kInstanceInfo,
  // keyspace
  kDbKeys,
  kDbKeysExpiring,
  kDbKeysCached,
  kDbAvgTtl,
  // commandstats, latencystats, errorstats
  kCommandsTotal,
  kCommandsDuration,
  kCommandsRejected,
  kCommandsFailed,
  kLatencyPercentiles,
  kErrorsTotal,
  // replication
  kSlaveOffset,
  kSlaveLag,
  kMasterLinkUp,
  kMasterLastIo,
  kMasterSync,
  kSlaveReplOffset,
  kSlaveInfo,
  // config
  kConfigMaxmemory,
  kConfigMaxclients,
  kConfigIoThreads,
  kConfigReplBacklogSize,
  kConfigOutputLimit,
  kConfigOutputOvercome,
  kConfigKeyValue,
  kConfigValue,
  // slowlog, commandlog
  kSlowlogLength,
  kSlowlogLastId,
  kSlowlogLastDuration,
  kCommandlogSlowLength,
  kCommandlogRequestLength,
  kCommandlogReplyLength,
  kCommandlogSlowerThan,
  kCommandlogSlowMaxLen,
  kCommandlogRequestLarger,
  kCommandlogRequestMaxLen,
  kCommandlogReplyLarger,
  kCommandlogReplyMaxLen,
  // latency
  kLatencySpikeLast,
  kLatencySpikeDuration,
  kCommandsLatencies,
  // cluster
  kClusterAny,  // the pattern
  // sentinel
  kSentinelMasters,
  kSentinelTilt,
  kSentinelRunningScripts,
  kSentinelScriptsQueue,
  kSentinelSimulateFailure,
  kSentinelStatus,
  kSentinelSlaves,
  kSentinelSentinels,
  kSentinelOkSlaves,
  kSentinelOkSentinels,
  kSentinelCkquorum,
  kSentinelSetCkquorum,
  kSentinelSetFailoverTimeout,
  kSentinelSetParallelSyncs,
  kSentinelSetDownAfter,
  kSentinelConfigEpoch,
  kSentinelLastOkPing,
  kSentinelPeerInfo,
  // exporter
  kScrapes,
  kScrapeDuration,
  kLastScrapeDuration,
  kLastScrapeConnectTime,
  kLastScrapeError,
  kKeyGroupsDuration,
  kMetricCount,
};

// The family of a MetricId.
uint32_t FamilyOf(MetricId id);

std::span<const Option> OptionTable();
std::span<const Collector> CollectorTable();
std::span<const Metric> MetricTable();

}  // namespace pillion::redis
