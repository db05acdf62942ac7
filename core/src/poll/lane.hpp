// Lane: one thread, one plugin object and one connection that serve an instance.
//
// PollRunner is what the poll logic sees of it, so that tests can run polls by hand.
#pragma once

#include "plugin/object.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace pillion {

class PollRunner {
 public:
  virtual ~PollRunner() = default;
  // Starts a poll. REQUIRES: none runs. `done` is called once, on the runner's thread, never
  // before Start returns.
  virtual void Start(std::vector<bool> due, MonoTime deadline,
                     std::function<void(PollOutcome)> done) = 0;
  // Makes the running poll return soon, if one runs. Any thread.
  virtual void Interrupt() = 0;
  // Interrupts and ends the thread. False: the plugin did not return within `grace`; the runner
  // must then not be destroyed (the process is about to end).
  virtual bool Stop(MonoTime grace) = 0;
};

class Lane final : public PollRunner {
 public:
  explicit Lane(std::unique_ptr<PluginObject> object);
  ~Lane() override;  // Joins: only after Stop() returned true, or if no poll hangs.

  void Start(std::vector<bool> due, MonoTime deadline,
             std::function<void(PollOutcome)> done) override;
  void Interrupt() override;
  bool Stop(MonoTime grace) override;

 private:
  void Run();

  const std::unique_ptr<PluginObject> object_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;  // all below: guarded by mutex_
  bool running_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  std::vector<bool> due_;
  MonoTime deadline_{0};
  std::function<void(PollOutcome)> done_;
  std::thread thread_;
};

}  // namespace pillion
