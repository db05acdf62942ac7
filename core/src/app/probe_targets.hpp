// ProbeTargets: the instances behind /probe. The first request for a target makes its poller, with
// a lane and a connection of its own, which stay for the requests to come; what nobody asked for in
// a while is let go.
//
// Threads: any. Plugins' objects are made and destroyed on a thread of its own, which is there only
// if there are probes.
#pragma once

#include "app/job_thread.hpp"
#include "config/config.hpp"
#include "http/page_query.hpp"
#include "poll/instance_poller.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pillion {

class ProbeTargets {
 public:
  static constexpr size_t kTargetsMax = 256;  // of all probes together; each has a thread or two
  static constexpr std::chrono::minutes kIdleMax{5};
  static constexpr std::chrono::seconds kSweepEvery{10};
  // If there are kTargetsMax, one that was not asked for this long makes place for another.
  static constexpr std::chrono::minutes kInUse{1};
  static constexpr size_t kHungMax = 16;  // let go while their plugins do not return

  using PollerPtr = std::shared_ptr<InstancePoller>;
  // Starts the lanes' threads. Called on the thread of its own.
  using Make = std::function<Result<PollerPtr>(std::shared_ptr<const InstanceConfig>)>;

  // `timers` must outlive this.
  ProbeTargets(std::vector<ProbeConfig> probes, Make make, Timers* timers, const Clock* clock);
  ~ProbeTargets();  // Stop()s
  ProbeTargets(const ProbeTargets&) = delete;
  ProbeTargets& operator=(const ProbeTargets&) = delete;

  // Calls `found` once, at once or later, with the target's poller. Errors: kDns (there are no
  // probes), kProtocol (no such probe, no target, or one that its exporter cannot read),
  // kPermission (may not be asked for), kLimit (too many are in use).
  void Find(const ProbeQuery& query, std::function<void(Result<PollerPtr>)> found);
  // The poller if there is one already.
  PollerPtr Present(const ProbeQuery& query);
  std::vector<PollerPtr> Pollers() const;

  // Answers who waits and ends the lanes. False: a plugin did not return within `grace`; what it
  // uses must then not be destroyed. Find fails from now on.
  bool Stop(MonoTime grace);

 private:
  using Key = std::pair<std::string, std::string>;  // a probe, and the address of its target
  struct Entry {
    PollerPtr poller;
    MonoTime asked{0};
  };

  // Which probe is to read it, and what stands for it; or why not.
  struct Allowed {
    const ProbeConfig* probe;
    Key key;
  };
  Result<Allowed> Allow(const ProbeQuery& query) const;
  Result<PollerPtr> MakeOne(const Allowed& allowed, const std::string& target);
  bool HasPlace();
  void ArmSweep();
  void Sweep();
  void LetGo();

  const std::vector<ProbeConfig> probes_;
  const Make make_;
  Timers* const timers_;
  const Clock* const clock_;
  mutable std::mutex mutex_;
  std::map<Key, Entry> entries_;    // guarded by mutex_
  std::vector<PollerPtr> leaving_;  // guarded by mutex_; until their lanes have ended
  TimerId sweep_ = 0;               // guarded by mutex_
  bool stopping_ = false;           // guarded by mutex_
  std::unique_ptr<JobThread> worker_;
};

}  // namespace pillion
