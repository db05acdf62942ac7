// JobThread: does what would hold up who asks for it: pages are rendered on one, away from the HTTP
// loop.
//
// Threads: Post and Run from any. Jobs run one after another, in order.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace pillion {

class JobThread {
 public:
  JobThread();
  ~JobThread();  // Stop()s
  JobThread(const JobThread&) = delete;
  JobThread& operator=(const JobThread&) = delete;

  // The queue is as long as there are scrapes waiting: bounded by the connection cap.
  void Post(std::function<void()> job);
  // The same, but if no other job runs or waits the caller's thread does it before this returns.
  // Waking another thread costs more than a short job does, with all that it has to fetch into its
  // caches again.
  void Run(std::function<void()> job);
  // Runs what is queued, waits for what runs, then ends.
  void Stop();

 private:
  class Turn;
  void Work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  bool running_ = false;                    // a job, on whatever thread; guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_
  std::thread thread_;
};

}  // namespace pillion
