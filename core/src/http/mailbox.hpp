// Mailbox: how answers from any thread reach the loop, as long as there is one.
//
// It outlives the loop: a `done` that comes after Stop finds the box closed and nothing happens.
#pragma once

#include "http/scrape_plane.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace pillion {

class Mailbox {
 public:
  // Must not block, and must be safe from any thread: posts to the loop.
  using Deliver = std::function<void(uint64_t connection, uint64_t request, ScrapeAnswer answer)>;

  explicit Mailbox(Deliver deliver) : deliver_(std::move(deliver)) {}

  void Post(uint64_t connection, uint64_t request, ScrapeAnswer answer) {
    const std::lock_guard lock(mutex_);
    if (deliver_) deliver_(connection, request, std::move(answer));
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
