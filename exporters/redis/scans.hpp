// Scans: the collectors that walk keys, and whom they ask: the instance's own server, or the
// replica at `scan_address` over a session of its own.
//
// Threads: one at a time.
#pragma once

#include "collect.hpp"
#include "key_jobs.hpp"

#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/sink.hpp>

#include <memory>
#include <string>

namespace pillion::redis {

class Scans {
 public:
  // `settings` must outlive it. Throws OptionError if `scan_address` cannot be used.
  Scans(const Settings& settings, const Options& options);

  // Those of the collectors that are due. `session` has been polled; `reading` is what it said.
  void Run(const PollContext& ctx, DueSet due, Session& session, const Reading& reading,
           Sink& sink);

 private:
  void RunOn(const PollContext& ctx, Session& session, const Reading& reading, Sink& sink);

  const Settings& settings_;
  Settings replica_settings_;
  std::unique_ptr<Session> replica_;  // null: there is none
  KeyJobs jobs_;
  MissingDatabases missing_;
};

}  // namespace pillion::redis
