#include "app/job_thread.hpp"

#include <utility>

namespace pillion {

// While one lives, its job is the one that runs; then the thread goes on with what is queued.
// `lock` is let go of meanwhile.
class JobThread::Turn {
 public:
  Turn(JobThread* jobs, std::unique_lock<std::mutex>* lock) : jobs_(*jobs), lock_(*lock) {
    jobs_.running_ = true;
    lock_.unlock();
  }
  ~Turn() {
    lock_.lock();
    jobs_.running_ = false;
    if (!jobs_.jobs_.empty() || jobs_.stopping_) jobs_.changed_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  JobThread& jobs_;
  std::unique_lock<std::mutex>& lock_;
};

JobThread::JobThread() : thread_([this] { Work(); }) {}
JobThread::~JobThread() { Stop(); }

void JobThread::Post(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  changed_.notify_one();  // under the lock: with the job done, this may be destroyed
}

void JobThread::Run(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  if (running_ || stopping_ || !jobs_.empty()) {
    lock.unlock();
    return Post(std::move(job));
  }
  const Turn turn(this, &lock);
  job();
  job = nullptr;
}

void JobThread::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void JobThread::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return !running_ && (!jobs_.empty() || stopping_); });
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    const Turn turn(this, &lock);
    job();
    job = nullptr;
  }
}

}  // namespace pillion
