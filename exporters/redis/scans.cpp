#include "scans.hpp"

#include <utility>

namespace pillion::redis {
Scans::Scans(const Settings& settings, const Options& options)
    : settings_(settings), replica_settings_(settings), missing_(options) {
  if (settings.keys.address.empty()) return;
  auto address = ParseAddress(settings.keys.address);
  if (!address) throw OptionError("scan_address", address.error().message);
  if (settings.topology.kind == Topology::Kind::kCluster) {
    throw OptionError("scan_address",
                      "not for a cluster: `include_replicas` and "
                      "`skip_checkkeys_for_role_master` have its replicas walked");
  }
  if (!address->user.empty()) throw OptionError("scan_address", "the user is that of `username`");
  if (address->tls != settings.address.tls) {
    throw OptionError("scan_address", "TLS must be used for both or for none");
  }
  replica_settings_.address = std::move(*address);
  replica_settings_.topology = {};
  replica_ = std::make_unique<Session>(replica_settings_, options);
}

void Scans::Run(const PollContext& ctx, DueSet due, Session& session, const Reading& reading,
                Sink& sink) {
  DueSet scanning;
  for (const CollectorId collector : kScanning) scanning[collector] = due[collector];
  if (scanning.none()) return;
  if (!replica_) return RunOn(ctx, session, reading, sink);
  Answers answers;
  auto polled = replica_->Poll(ctx, scanning, answers);
  if (!polled) {
    for (const CollectorId collector : kScanning) sink.Collect(collector, [&] { return polled; });
    return;
  }
  Reading of_replica{
      replica_settings_, replica_->server(), answers, answers.Get(Ask::kInfo), {}, {}, {}};
  if (of_replica.info_reply.ok()) {
    of_replica.info = answers.info;
    of_replica.identity = answers.identity;
  }
  RunOn(ctx, *replica_, of_replica, sink);
  replica_->Renew(ctx);
}

void Scans::RunOn(const PollContext& ctx, Session& session, const Reading& reading, Sink& sink) {
  const bool skip = settings_.keys.skip_on_master && reading.identity.role == "master";
  for (const CollectorId collector : kScanning) {
    sink.Collect(collector, [&]() -> Result<void> {
      if (skip && IsKeyCheck(collector)) return {};
      KeyReader reader(ctx, session, reading.settings, missing_);
      if (auto done = jobs_.Run(collector, reader, reading); !done) return done;
      jobs_.Emit(collector, settings_.keys, sink);
      return {};
    });
  }
}

}  // namespace pillion::redis
