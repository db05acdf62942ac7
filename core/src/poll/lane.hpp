// Lane: one thread, one plugin object and one connection that serve an instance.
//
// PollRunner is what the poll logic sees of it, so that tests can run polls by hand.
#pragma once

#include "plugin/object.hpp"

#include <functional>
#include <memory>
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
  // Gives up a runner whose poll hangs; it may then be destroyed at once. When the poll returns,
  // whenever that is, its thread lets go of the plugin's object, calls `ended` and ends.
  virtual void Abandon(std::function<void()> ended) = 0;
};

class Lane final : public PollRunner {
 public:
  explicit Lane(std::unique_ptr<PluginObject> object);
  // Joins: only after Stop() returned true, or if no poll hangs, or after Abandon().
  ~Lane() override;

  void Start(std::vector<bool> due, MonoTime deadline,
             std::function<void(PollOutcome)> done) override;
  void Interrupt() override;
  bool Stop(MonoTime grace) override;
  void Abandon(std::function<void()> ended) override;

  // Whether the caller runs on the thread of a lane: in `done`, or what that calls.
  static bool IsThisThread();

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;  // the thread's too
  std::thread thread_;
};

}  // namespace pillion
