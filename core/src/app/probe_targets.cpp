#include "app/probe_targets.hpp"

#include "config/probe_target.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <exception>

namespace pillion {

ProbeTargets::ProbeTargets(std::vector<ProbeConfig> probes, Make make, Timers* timers,
                           const Clock* clock)
    : probes_(std::move(probes)), make_(std::move(make)), timers_(timers), clock_(clock) {
  if (probes_.empty()) return;
  worker_ = std::make_unique<JobThread>();
  const std::lock_guard lock(mutex_);
  ArmSweep();
}

ProbeTargets::~ProbeTargets() { Stop(MonoTime(0)); }

Result<ProbeTargets::Allowed> ProbeTargets::Allow(const ProbeQuery& query) const {
  if (probes_.empty()) {
    return Error{
        Reason::kDns,
        "no probe is configured; add [probes.NAME] with the targets that may be asked for"};
  }
  const auto named = std::find_if(probes_.begin(), probes_.end(), [&](const ProbeConfig& probe) {
    if (!query.module.empty()) return probe.name == query.module;
    return probe.is_default || probes_.size() == 1;
  });
  if (named == probes_.end()) {
    std::string there;
    for (const ProbeConfig& probe : probes_) there += " " + probe.name;
    return Error{Reason::kProtocol,
                 query.module.empty()
                     ? "there are several probes, add module=NAME; there are:" + there
                     : "no such module; there are:" + there};
  }
  auto address = ProbeAddress(*named, query.target);
  if (!address) return address.error();
  const bool allowed =
      std::any_of(named->targets.begin(), named->targets.end(),
                  [&](const std::string& pattern) { return FitsTarget(pattern, query.target); });
  if (!allowed) {
    return Error{Reason::kPermission,
                 "the target is none of `targets` in [probes." + named->name + "]"};
  }
  return Allowed{&*named, {named->name, *std::move(address)}};
}

ProbeTargets::PollerPtr ProbeTargets::Present(const ProbeQuery& query) {
  const auto allowed = Allow(query);
  if (!allowed) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(allowed->key);
  return at == entries_.end() ? nullptr : at->second.poller;
}

void ProbeTargets::Find(const ProbeQuery& query, std::function<void(Result<PollerPtr>)> found) {
  const auto allowed = Allow(query);
  if (!allowed) return found(allowed.error());
  PollerPtr present;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = entries_.find(allowed->key); at != entries_.end()) {
      at->second.asked = clock_->Now();
      present = at->second.poller;
    } else if (!stopping_) {
      // Under the lock: what is posted before Stop() is still run.
      return worker_->Post([this, allowed = *allowed, target = query.target,
                            found = std::move(found)] { found(MakeOne(allowed, target)); });
    }
  }
  if (present != nullptr) return found(std::move(present));
  found(Error{Reason::kLimit, "pillion is stopping"});
}

// On the worker, so that no two requests make the same.
Result<ProbeTargets::PollerPtr> ProbeTargets::MakeOne(const Allowed& allowed,
                                                      const std::string& target) {
  const auto too_many = [] {
    return Error{Reason::kLimit, "as many targets are probed as can be: " +
                                     std::to_string(kTargetsMax) + "; try again in a minute"};
  };
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Error{Reason::kLimit, "pillion is stopping"};
    if (const auto at = entries_.find(allowed.key); at != entries_.end()) return at->second.poller;
    if (!HasPlace()) return too_many();
  }
  LetGo();
  Result<PollerPtr> made = Error{Reason::kLimit, "there is no thread or memory for it"};
  try {
    made = make_(std::make_shared<const InstanceConfig>(ProbeInstance(*allowed.probe, target)));
    if (!made) return Error{Reason::kProtocol, made.error().message};
    (*made)->Start();
  } catch (const std::exception& e) {  // as the bounds of a pod have it
    Log(LogLevel::kError, "a target cannot be probed",
        {{"instance", allowed.probe->InstanceName() + " " + target}, {"error", e.what()}});
    return made;
  }
  const std::lock_guard lock(mutex_);
  if (stopping_) {
    leaving_.push_back(*made);  // Stop() looks there once the worker has ended
    return Error{Reason::kLimit, "pillion is stopping"};
  }
  entries_[allowed.key] = {*made, clock_->Now()};
  return *std::move(made);
}

// Under the lock. The one that was not asked for longest leaves if that makes place.
bool ProbeTargets::HasPlace() {
  if (leaving_.size() >= kHungMax) return false;
  if (entries_.size() < kTargetsMax) return true;
  const auto oldest = std::min_element(
      entries_.begin(), entries_.end(),
      [](const auto& a, const auto& b) { return a.second.asked < b.second.asked; });
  if (oldest == entries_.end() || clock_->Now() - oldest->second.asked < kInUse) return false;
  leaving_.push_back(std::move(oldest->second.poller));
  entries_.erase(oldest);
  return true;
}

void ProbeTargets::ArmSweep() {
  sweep_ = timers_->At(clock_->Now() + kSweepEvery, [this] {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    worker_->Post([this] { Sweep(); });
    ArmSweep();
  });
}

void ProbeTargets::Sweep() {
  {
    const std::lock_guard lock(mutex_);
    const MonoTime now = clock_->Now();
    for (auto at = entries_.begin(); at != entries_.end();) {
      if (now - at->second.asked < kIdleMax) {
        ++at;
        continue;
      }
      leaving_.push_back(std::move(at->second.poller));
      at = entries_.erase(at);
    }
  }
  LetGo();
}

// On the worker. One whose plugin does not return is kept, and tried again at the next sweep.
void ProbeTargets::LetGo() {
  std::vector<PollerPtr> leaving;
  {
    const std::lock_guard lock(mutex_);
    leaving.swap(leaving_);
  }
  constexpr std::chrono::milliseconds kGrace{100};
  std::erase_if(leaving, [&](const PollerPtr& poller) { return poller->Stop(kGrace); });
  const std::lock_guard lock(mutex_);
  leaving_.insert(leaving_.end(), leaving.begin(), leaving.end());
}

std::vector<ProbeTargets::PollerPtr> ProbeTargets::Pollers() const {
  std::vector<PollerPtr> pollers;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, entry] : entries_) pollers.push_back(entry.poller);
  return pollers;
}

bool ProbeTargets::Stop(MonoTime grace) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    timers_->Cancel(sweep_);
  }
  if (worker_ != nullptr) worker_->Stop();
  std::vector<PollerPtr> all;
  {
    const std::lock_guard lock(mutex_);
    all = leaving_;
    for (const auto& [key, entry] : entries_) all.push_back(entry.poller);
  }
  const MonoTime until = clock_->Now() + grace;
  bool ended = true;
  for (const PollerPtr& poller : all) {
    ended = poller->Stop(std::max(until - clock_->Now(), MonoTime(0))) && ended;
  }
  return ended;
}

}  // namespace pillion
