// Mailbox: how what others found out reaches a connection, as long as there is one.
//
// It outlives the loop: what comes after Stop finds the box closed and nothing happens.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace pillion {

class ScrapeConnection;

class Mailbox {
 public:
  using Letter = std::function<void(ScrapeConnection&)>;
  // Must not block, and must be safe from any thread: posts to the loop.
  using Deliver = std::function<void(uint64_t connection, Letter letter)>;

  explicit Mailbox(Deliver deliver) : deliver_(std::move(deliver)) {}

  void Post(uint64_t connection, Letter letter) {
    const std::lock_guard lock(mutex_);
    if (deliver_) deliver_(connection, std::move(letter));
  }

  // After this returns nothing is delivered any more.
  void Close() {
    const std::lock_guard lock(mutex_);
    deliver_ = nullptr;
  }

 private:
  std::mutex mutex_;
  Deliver deliver_;  // guarded by mutex_; empty once closed
};

}  // namespace pillion
