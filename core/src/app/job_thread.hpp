// JobThread: does what would hold up who asks for it: pages are rendered on one, away from the HTTP
// loop.
//
// Threads: Post from any. Jobs run one after another, in order.
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
  // Runs what is queued, then ends.
  void Stop();

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_
  std::thread thread_;
};

}  // namespace pillion
