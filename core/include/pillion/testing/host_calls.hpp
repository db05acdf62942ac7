// What TestHost does behind the calls about secrets, refusals, collectors and names. Included by
// test_host.hpp, which is what a test includes.
#pragma once

#include <pillion/testing/test_host.hpp>

namespace pillion::testing {

inline std::vector<std::string> TestHost::Check(std::chrono::nanoseconds timeout) {
  size_t logs_before = 0;
  {
    const std::lock_guard lock(mutex_);
    logs_before = logs_.size();
  }
  refused_.clear();
  due_.assign(CollectorCount(), false);
  deadline_ = Now() + timeout.count();
  interrupted_ = false;
  waits_ = interrupt_at_wait_ = 0;
  std::string text(4096, '\0');
  pillion_buffer error{text.data(), text.size(), 0};
  creating_ = true;
  poll_thread_ = std::this_thread::get_id();
  const uint32_t reason = plugin_->check(object_, reinterpret_cast<pillion_poll*>(this), &error);
  poll_thread_ = std::thread::id{};
  creating_ = false;
  std::vector<std::string> lines = std::exchange(refused_, {});
  if (reason != PILLION_REASON_OK)
    lines.push_back(text.substr(0, std::min(error.size, text.size())));
  const std::lock_guard lock(mutex_);
  for (size_t i = logs_before; i < logs_.size(); ++i) {
    if (logs_[i].level >= PILLION_LOG_WARN) lines.push_back("warning: " + logs_[i].text);
  }
  return lines;
}

inline uint32_t TestHost::ReadSecret(std::string_view name, pillion_buffer* out) {
  const std::string key(name);
  if (secrets_.Read(key, out)) return PILLION_REASON_OK;
  const std::lock_guard lock(mutex_);
  logs_.push_back({PILLION_LOG_ERROR, "secret `" + key + "` cannot be read"});
  return PILLION_REASON_AUTH;
}

inline uint32_t TestHost::SecretsChanged() {
  if (poll_thread_.load() == std::this_thread::get_id()) return secrets_.Changed() ? 1 : 0;
  Complain("secrets_changed was called outside its poll or on another thread");
  return 0;
}

inline void TestHost::SecretsTried(uint32_t reason) {
  const bool known = reason <= PILLION_REASON_INTERNAL;
  if (!known) Complain("secrets_tried says " + std::to_string(reason));
  secrets_.Tried(known ? static_cast<Reason>(reason) : Reason::kInternal);
}

inline void TestHost::RefuseOption(std::string_view name, std::string_view why) {
  if (!creating_) return Complain("refuse_option was called outside create");
  const bool known = OptionValues::Find(*plugin_, name) != nullptr;
  refused_.push_back("option `" + std::string(name) + "`" +
                     (known ? ": " : ", which is not in the table: ") + std::string(why));
}

inline void TestHost::RefuseRecord(std::string_view option, size_t index, std::string_view field,
                                   std::string_view why) {
  if (!creating_) return Complain("refuse_record was called outside create");
  std::string line = "option `" + std::string(option) + "[" + std::to_string(index) + "]";
  if (!field.empty()) line += "." + std::string(field);
  refused_.push_back(line + "`: " + std::string(why));
}

inline uint32_t TestHost::AddCollector(const pillion_collector& collector) {
  const std::string name(ToView(collector.name));
  std::string wrong;
  if (!creating_) wrong = "was added outside create";
  if (plugin_->collector_count == 0) wrong = "was added to no table";
  for (uint32_t i = 0; i < CollectorCount(); ++i) {
    if (CollectorName(i) == name) wrong = "is there twice";
  }
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789_") != std::string::npos) {
    wrong = "has no name of a-z, A-Z, 0-9 and _";
  }
  if (!wrong.empty()) {
    Complain("collector `" + name + "` " + wrong);
    return PILLION_NO_COLLECTOR;
  }
  added_.push_back({name, std::string(ToView(collector.help)),
                    (collector.flags & PILLION_COLLECTOR_OFF) == 0,
                    std::chrono::nanoseconds(collector.default_every),
                    std::chrono::nanoseconds(collector.default_timeout)});
  return static_cast<uint32_t>(CollectorCount() - 1);
}

inline uint32_t TestHost::Resolve(std::string_view name, pillion_address* out, size_t capacity,
                                  size_t* count) {
  *count = 0;
  const std::string text(name);
  std::vector<std::string> found;
  unsigned char binary[16];
  if (const auto known = config_.names.find(text); known != config_.names.end()) {
    found = known->second;
  } else if (inet_pton(AF_INET, text.c_str(), binary) == 1 ||
             inet_pton(AF_INET6, text.c_str(), binary) == 1) {
    found = {text};
  } else if (text == "localhost") {
    found = {"127.0.0.1"};
  }
  if (interrupted_ || Now() >= deadline_) return PILLION_REASON_TIMEOUT;
  if (found.empty()) return PILLION_REASON_DNS;
  if (capacity > 0 && out->size < sizeof *out) Complain("pillion_address.size is not set");
  for (size_t i = 0; i < found.size() && i < capacity; ++i, ++*count) {
    std::snprintf(out[i].text, sizeof out[i].text, "%s", found[i].c_str());
  }
  return PILLION_REASON_OK;
}

}  // namespace pillion::testing
