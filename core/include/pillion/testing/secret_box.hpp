// SecretBox: the secrets of a TestHost, with what a host knows of rotation. A part of
// test_host.hpp, which is what a test includes.
//
// It keeps values, as tests may. What a host does besides is not here: a poll that ends with kAuth
// has no consequences for the next one.
//
// Threads: any.
#pragma once

#include <pillion/plugin.h>
#include <pillion/result.hpp>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion::testing {

class SecretBox {
 public:
  using Values = std::map<std::string, std::string>;

  explicit SecretBox(Values values) : values_(std::move(values)) {}

  void Set(const std::string& name, std::string value) {
    const std::lock_guard lock(mutex_);
    broken_.erase(name);
    values_[name] = std::move(value);
  }
  void Break(const std::string& name) {
    const std::lock_guard lock(mutex_);
    broken_.insert(name);
  }
  size_t Reads(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = reads_.find(name);
    return found == reads_.end() ? 0 : found->second;
  }
  std::vector<Reason> tried() const {
    const std::lock_guard lock(mutex_);
    return tried_;
  }
  void Retry() {
    const std::lock_guard lock(mutex_);
    failed_.clear();
  }

  // host->secret. False: it cannot be read.
  bool Read(const std::string& name, pillion_buffer* out) {
    const std::lock_guard lock(mutex_);
    out->size = 0;
    ++reads_[name];
    if (broken_.count(name) != 0) return false;
    const std::string value = Present(name);
    fetched_[name] = value;
    out->size = value.size();
    std::memcpy(out->data, value.data(), std::min(out->size, out->capacity));
    return true;
  }

  // host->secrets_changed.
  bool Changed() {
    const std::lock_guard lock(mutex_);
    Values present;
    for (const auto& [name, value] : fetched_) {
      if (broken_.count(name) != 0) return false;
      present[name] = Present(name);
    }
    if (present == fetched_ || present == failed_) return false;
    session_ = fetched_;
    beside_ = true;
    return true;
  }

  // host->secrets_tried.
  void Tried(Reason reason) {
    const std::lock_guard lock(mutex_);
    tried_.push_back(reason);
    if (std::exchange(beside_, false) && reason != Reason::kOk) {
      failed_ = std::exchange(fetched_, std::move(session_));
    }
  }

 private:
  std::string Present(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second;
  }

  mutable std::mutex mutex_;  // all below
  Values values_;
  std::set<std::string> broken_;
  std::map<std::string, size_t> reads_;
  Values fetched_;  // what the plugin has read last
  Values session_;  // what it had read before it tried a second session
  Values failed_;   // with what a second session failed
  bool beside_ = false;
  std::vector<Reason> tried_;
};

}  // namespace pillion::testing
