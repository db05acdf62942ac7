// TestHost: a whole host in memory, for tests of one exporter. Needs no test framework.
//
//   extern "C" const pillion_plugin* pillion_plugin_entry();  // of the exporter under test
//   ...
//   pillion::testing::TestHost host(pillion_plugin_entry(), {.options = {{"address", address}}});
//   CHECK(host.Create().ok());
//   const pillion::testing::PollReport report = host.Poll({.due = {"keyspace"}, .timeout = 2s});
//   CHECK(report.problems.empty());
//   CHECK(report.text == "...");
//
// It checks as a host does, and more strictly: whatever a host would drop and count is a line of
// `report.problems`, and so is a breach of the border's rules (a poll function called from
// another thread, labels used after their collector, a struct without its size).
//
// Threads: Create, Poll and the destructor from one thread at a time; Interrupt, SetSecret,
// BreakSecret and Advance from any. Ownership: the plugin object is the host's and dies with it.
// The host itself can't be moved: the plugin points to it.
//
// Time: the real monotonic clock, unless .fake_clock is set. A fake clock starts at one second
// and stands still; it moves by Advance(), and when the plugin waits for time alone (fd -1) it
// jumps there. A wait for a descriptor really waits, 10 s at most, then the clock jumps to its
// end.
//
// The trap: Poll() returns when the plugin does. A plugin that ignores its deadline hangs the
// test, as it would hang its lane; give the test a timeout of its own.
#pragma once

#include <pillion/plugin.h>
#include <pillion/result.hpp>
#include <pillion/tables.hpp>
#include <pillion/testing/option_values.hpp>
#include <pillion/testing/poll_report.hpp>
#include <pillion/testing/recorded_run.hpp>
#include <pillion/testing/recorder.hpp>
#include <pillion/testing/secret_box.hpp>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pillion::testing {

struct TestHostConfig {
  // Texts as in TOML, strings without quotes; the option table types and completes them.
  std::map<std::string, std::string> options = {};
  std::map<std::string, std::string> secrets = {};
  // Tables of options of records: {{"query", {{{"name", "a"}, {"sql", "SELECT 1"}}}}}.
  RecordTexts records = {};
  std::string instance = "test";
  // What resolve() knows besides numeric addresses and localhost (127.0.0.1).
  std::map<std::string, std::vector<std::string>> names = {};
  bool fake_clock = false;
};

struct PollRequest {
  // Names of collectors; empty: those that are on by default; "*": all, added ones too.
  std::vector<std::string> due = {};
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  // Of collectors that are to have one of their own, by name.
  std::map<std::string, std::chrono::nanoseconds> collector_timeouts = {};
  // The wait of this number (from 1) is interrupted; 0: none. Needs no second thread.
  int interrupt_at_wait = 0;
};

struct AddedCollector {
  std::string name;
  std::string help;
  bool on = true;
  std::chrono::nanoseconds every{};
  std::chrono::nanoseconds timeout{};
};

class TestHost {
 public:
  explicit TestHost(const pillion_plugin* plugin, TestHostConfig config = {})
      : plugin_(plugin),
        config_(std::move(config)),
        secrets_(config_.secrets),
        recorder_([this](std::string text) { Complain(std::move(text)); }),
        wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  ~TestHost() {
    if (object_ != nullptr) plugin_->destroy(object_);
    close(wake_fd_);
  }

  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  // Checks the tables and the options, then makes the plugin object. Fails with all that is
  // wrong, one line each; options that the plugin refuses read "option `address`: why".
  Result<void> Create();

  // Destroys the object early; the destructor does it otherwise.
  void Destroy() {
    if (object_ != nullptr) plugin_->destroy(object_);
    object_ = nullptr;
  }

  // One poll on the calling thread. REQUIRES: Create() was ok.
  PollReport Poll(PollRequest request = {});

  // What `pillion check --connect` would say, one line each, warnings with "warning: " before them;
  // a target that cannot be asked is a line too. REQUIRES: Create() was ok, and the plugin has
  // check.
  std::vector<std::string> Check(std::chrono::nanoseconds timeout = std::chrono::seconds(10));

  // Waits until a poll runs, then makes it return, as a host does; the poll stays interrupted to
  // its end. False if no poll ran within 10 s.
  bool Interrupt();

  // A rotated secret: the next read sees it, and Options::SecretsChanged().
  void SetSecret(const std::string& name, std::string value) {
    secrets_.Set(name, std::move(value));
  }
  // From now on the secret cannot be read.
  void BreakSecret(const std::string& name) { secrets_.Break(name); }
  // How often the plugin has read it.
  size_t SecretReads(const std::string& name) const { return secrets_.Reads(name); }
  // What the plugin has said of second sessions, in order. One that failed is asked for again when
  // a secret changes, or after RetrySecrets(): the pause that a host makes is over.
  std::vector<Reason> secrets_tried() const { return secrets_.tried(); }
  void RetrySecrets() { secrets_.Retry(); }

  // Moves the fake clock.
  void Advance(std::chrono::nanoseconds by) {
    fake_now_ += by.count();
    Wake();
  }

  // All log lines so far, those of Create and Destroy among them.
  std::vector<LogLine> logs() const {
    const std::lock_guard lock(mutex_);
    return logs_;
  }
  // Problems found outside polls.
  std::vector<std::string> problems() const {
    const std::lock_guard lock(mutex_);
    return problems_;
  }

  // The collectors that create has added to those of the table.
  const std::vector<AddedCollector>& added_collectors() const { return added_; }

  // The raw border, for tests of it.
  const pillion_host* host() const { return &Table(); }
  pillion_instance* instance() { return reinterpret_cast<pillion_instance*>(this); }
  void* object() const { return object_; }

 private:
  static constexpr int64_t kFakeStart = 1'000'000'000;
  static constexpr double kFakeUnixSeconds = 1'700'000'000;
  static constexpr std::chrono::seconds kHangMax{10};
  // As in the host: how much longer than its time-out a collector may wait.
  static constexpr std::chrono::nanoseconds kCollectorGrace{100'000'000};
  static constexpr uint32_t kNoCollector = 0xffffffffu;

  static const pillion_host& Table();
  static void FillForInstance(pillion_host& host);
  static void FillForPoll(pillion_host& host);
  static void FillForSamples(pillion_host& host);

  static TestHost& Of(pillion_instance* instance) { return *reinterpret_cast<TestHost*>(instance); }
  // Null, and a problem, if no poll runs on this thread.
  static TestHost* Of(pillion_poll* poll, const char* function) {
    auto* host = reinterpret_cast<TestHost*>(poll);
    if (host->poll_thread_.load() == std::this_thread::get_id()) return host;
    host->Complain(std::string(function) + " was called outside its poll or on another thread");
    return nullptr;
  }

  void Complain(std::string text) {
    const std::lock_guard lock(mutex_);
    problems_.push_back(std::move(text));
  }

  void Wake() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(wake_fd_, &one, sizeof one);
  }

  int64_t Now() const {
    if (config_.fake_clock) return fake_now_;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  size_t TableCollectors() const { return std::max<size_t>(plugin_->collector_count, 1); }
  size_t CollectorCount() const { return TableCollectors() + added_.size(); }
  std::string CollectorName(uint32_t i) const {
    if (i >= TableCollectors()) return added_[i - TableCollectors()].name;
    if (plugin_->collector_count == 0) return "default";
    return std::string(ToView(detail::At(plugin_->collectors, i).name));
  }

  void ChooseDue(const std::vector<std::string>& names);
  void BeginCollector(uint32_t collector);
  void EndCollector(uint32_t reason, std::string_view message);
  bool IsRemembered(uint32_t collector) const;
  bool ShowLast();
  uint32_t Wait(int fd, uint32_t events, int64_t until, uint32_t* ready);
  int64_t CollectorTimeout(uint32_t collector) const;
  int64_t WaitsUntil() const;
  uint32_t ReadSecret(std::string_view name, pillion_buffer* out);
  uint32_t SecretsChanged();
  void SecretsTried(uint32_t reason);
  void RefuseOption(std::string_view name, std::string_view why);
  void RefuseRecord(std::string_view option, size_t index, std::string_view field,
                    std::string_view why);
  uint32_t AddCollector(const pillion_collector& collector);
  uint32_t Resolve(std::string_view name, pillion_address* out, size_t capacity, size_t* count);

  const pillion_plugin* const plugin_;
  const TestHostConfig config_;
  OptionValues values_;
  SecretBox secrets_;
  void* object_ = nullptr;
  bool creating_ = false;
  std::vector<std::string> refused_;   // by the create that runs, a line each
  std::vector<AddedCollector> added_;  // by create, behind those of the table

  // Under mutex_.
  mutable std::mutex mutex_;
  std::vector<LogLine> logs_;
  std::vector<std::string> problems_;

  // Of the poll that runs, on its thread.
  detail::Recorder recorder_;
  std::map<uint32_t, detail::Recorder::Run> remembered_;  // by collector; kept between polls
  std::vector<bool> due_;
  std::vector<CollectorReport> collectors_;
  std::map<std::string, std::string> facts_;
  uint32_t collector_ = kNoCollector;
  bool collector_shows_last_ = false;
  int64_t deadline_ = 0;
  std::map<std::string, std::chrono::nanoseconds> collector_timeouts_;
  int64_t collector_began_ = 0;
  int waits_ = 0;
  int interrupt_at_wait_ = 0;

  std::atomic<std::thread::id> poll_thread_{};
  std::atomic<bool> interrupted_ = false;
  std::atomic<int64_t> fake_now_ = kFakeStart;
  const int wake_fd_;

  // Whether the plugin is inside poll; held while its interrupt runs, so that it cannot leave.
  std::mutex running_mutex_;
  std::condition_variable running_changed_;
  bool running_ = false;
};

namespace detail {

inline std::string JoinLines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

}  // namespace detail

inline Result<void> TestHost::Create() {
  std::vector<std::string> wrong;
  if (plugin_->abi_version != PILLION_ABI_VERSION) {
    wrong.push_back("built for plugin ABI " + std::to_string(plugin_->abi_version) +
                    ", this host speaks " + std::to_string(PILLION_ABI_VERSION));
  } else if (plugin_->size < sizeof *plugin_) {
    wrong.push_back("pillion_plugin.size is not set");
  } else {
    wrong = detail::CheckTables(*plugin_);
    for (std::string& line :
         values_.Set(*plugin_, config_.options, config_.secrets, config_.records)) {
      wrong.push_back(std::move(line));
    }
  }
  if (!wrong.empty()) return Error{Reason::kInternal, detail::JoinLines(wrong)};
  recorder_.SetTables(*plugin_);
  std::string text(4096, '\0');
  pillion_buffer error{text.data(), text.size(), 0};
  Destroy();
  refused_.clear();
  added_.clear();
  remembered_.clear();
  creating_ = true;
  object_ = plugin_->create(&Table(), instance(), &error);
  creating_ = false;
  if (object_ != nullptr && refused_.empty()) return {};
  Destroy();
  text.resize(std::min(error.size, text.size()));
  if (!refused_.empty()) text = detail::JoinLines(refused_);
  return Error{Reason::kInternal, text.empty() ? "create returned NULL without a text" : text};
}

inline void TestHost::ChooseDue(const std::vector<std::string>& names) {
  due_.assign(CollectorCount(), false);
  for (uint32_t i = 0; i < due_.size(); ++i) {
    bool off = false;
    if (i >= TableCollectors()) {
      off = !added_[i - TableCollectors()].on;
    } else if (plugin_->collector_count > 0) {
      off = (detail::At(plugin_->collectors, i).flags & PILLION_COLLECTOR_OFF) != 0;
    }
    due_[i] = names.empty() && !off;
  }
  for (const std::string& name : names) {
    bool found = false;
    for (uint32_t i = 0; i < due_.size(); ++i) {
      if (name != "*" && name != CollectorName(i)) continue;
      due_[i] = found = true;
    }
    if (!found) Complain("the test asks for collector `" + name + "`, which is not in the table");
  }
}

inline PollReport TestHost::Poll(PollRequest request) {
  PollReport report;
  recorder_.Start();
  collectors_.clear();
  facts_.clear();
  collector_ = kNoCollector;
  waits_ = 0;
  interrupt_at_wait_ = request.interrupt_at_wait;
  size_t logs_before = 0;
  {
    const std::lock_guard lock(mutex_);
    problems_.clear();
    logs_before = logs_.size();
  }
  ChooseDue(request.due);
  collector_timeouts_ = request.collector_timeouts;
  deadline_ = Now() + request.timeout.count();
  std::string error(4096, '\0');
  pillion_buffer buffer{error.data(), error.size(), 0};
  poll_thread_ = std::this_thread::get_id();
  {
    const std::lock_guard lock(running_mutex_);
    interrupted_ = false;
    running_ = true;
  }
  running_changed_.notify_all();
  const uint32_t reason = plugin_->poll(object_, reinterpret_cast<pillion_poll*>(this), &buffer);
  {
    const std::lock_guard lock(running_mutex_);
    running_ = false;
  }
  poll_thread_ = std::thread::id{};
  report.past_deadline = std::chrono::nanoseconds(std::max<int64_t>(Now() - deadline_, 0));
  if (collector_ != kNoCollector) {
    Complain("poll returned inside collector `" + CollectorName(collector_) + "`");
    recorder_.End(false);
  }
  if (reason > PILLION_REASON_INTERNAL) Complain("poll returned " + std::to_string(reason));
  report.reason =
      reason > PILLION_REASON_INTERNAL ? Reason::kInternal : static_cast<Reason>(reason);
  if (reason != PILLION_REASON_OK)
    report.error = error.substr(0, std::min(buffer.size, error.size()));
  const std::string text = recorder_.Text();
  if (report.ok()) report.text = text;
  report.collectors = collectors_;
  report.facts = facts_;
  const std::lock_guard lock(mutex_);
  report.problems = std::exchange(problems_, {});
  report.logs.assign(logs_.begin() + static_cast<std::ptrdiff_t>(logs_before), logs_.end());
  return report;
}

inline bool TestHost::Interrupt() {
  std::unique_lock lock(running_mutex_);
  if (!running_changed_.wait_for(lock, kHangMax, [this] { return running_; })) return false;
  interrupted_ = true;
  Wake();
  if (plugin_->interrupt != nullptr) plugin_->interrupt(object_);
  return true;
}

inline void TestHost::BeginCollector(uint32_t collector) {
  if (collector >= CollectorCount() || plugin_->collector_count == 0) {
    return Complain("collector " + std::to_string(collector) + " is not in the table");
  }
  if (collector_ != kNoCollector) {
    Complain("collector `" + CollectorName(collector) + "` begins inside `" +
             CollectorName(collector_) + "`");
    EndCollector(PILLION_REASON_INTERNAL, "another collector began");
  }
  if (!due_[collector]) Complain("collector `" + CollectorName(collector) + "` was not due");
  for (const CollectorReport& earlier : collectors_) {
    if (earlier.name == CollectorName(collector)) {
      Complain("collector `" + earlier.name + "` ran twice");
    }
  }
  collector_ = collector;
  collector_shows_last_ = false;
  collector_began_ = Now();
  recorder_.Begin();
}

inline void TestHost::EndCollector(uint32_t reason, std::string_view message) {
  if (collector_ == kNoCollector) return Complain("a collector ends that did not begin");
  if (reason > PILLION_REASON_INTERNAL) Complain("a collector ends with " + std::to_string(reason));
  if (reason == PILLION_REASON_OK && IsRemembered(collector_)) {
    remembered_.insert_or_assign(collector_, recorder_.CopyRun());
  }
  recorder_.End(reason == PILLION_REASON_OK);
  collectors_.push_back(
      {CollectorName(collector_),
       reason > PILLION_REASON_INTERNAL ? Reason::kInternal : static_cast<Reason>(reason),
       std::string(message), collector_shows_last_});
  collector_ = kNoCollector;
}

inline bool TestHost::IsRemembered(uint32_t collector) const {
  return collector < plugin_->collector_count &&
         (detail::At(plugin_->collectors, collector).flags & PILLION_COLLECTOR_REMEMBERED) != 0;
}

inline bool TestHost::ShowLast() {
  if (collector_ == kNoCollector || !IsRemembered(collector_)) {
    Complain("unchanged was called outside a collector that is remembered");
    return false;
  }
  const auto last = remembered_.find(collector_);
  if (last == remembered_.end()) return false;
  recorder_.ShowRun(last->second);
  collector_shows_last_ = true;
  return true;
}

inline int64_t TestHost::CollectorTimeout(uint32_t collector) const {
  if (collector >= CollectorCount()) return 0;
  const auto own = collector_timeouts_.find(CollectorName(collector));
  return own == collector_timeouts_.end() ? 0 : own->second.count();
}

inline int64_t TestHost::WaitsUntil() const {
  const int64_t own = CollectorTimeout(collector_);
  return own == 0 ? deadline_
                  : std::min(deadline_, collector_began_ + own + kCollectorGrace.count());
}

inline uint32_t TestHost::Wait(int fd, uint32_t events, int64_t until, uint32_t* ready) {
  if (ready != nullptr) *ready = 0;
  if (++waits_ == interrupt_at_wait_) interrupted_ = true;
  until = until == 0 ? WaitsUntil() : std::min(until, WaitsUntil());
  const auto hang_end = std::chrono::steady_clock::now() + kHangMax;
  while (true) {
    if (interrupted_) return PILLION_WAIT_INTERRUPTED;
    if (config_.fake_clock && fd < 0) fake_now_ = std::max<int64_t>(fake_now_, until);
    int64_t left = std::max<int64_t>(until - Now(), 0);
    if (config_.fake_clock && left > 0) {
      const auto real_left = hang_end - std::chrono::steady_clock::now();
      left = std::max<int64_t>(std::chrono::nanoseconds(real_left).count(), 0);
      if (left == 0) fake_now_ = until;
    }
    pollfd fds[2] = {{fd, 0, 0}, {wake_fd_, POLLIN, 0}};
    if (events & PILLION_READABLE) fds[0].events |= POLLIN;
    if (events & PILLION_WRITABLE) fds[0].events |= POLLOUT;
    const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
    const int n = ppoll(fds, 2, &timeout, nullptr);
    if (n < 0 && errno != EINTR) return PILLION_WAIT_ERROR;
    if (n > 0 && fds[1].revents != 0) {
      uint64_t count = 0;
      [[maybe_unused]] const ssize_t r = read(wake_fd_, &count, sizeof count);
    }
    if (n > 0 && (fds[0].revents & POLLNVAL) != 0) return PILLION_WAIT_ERROR;
    if (n > 0 && fds[0].revents != 0 && !interrupted_) {
      uint32_t bits = 0;
      // Errors and hang-ups make the next read or write say what happened.
      if (fds[0].revents & ~POLLOUT) bits |= PILLION_READABLE;
      if (fds[0].revents & ~POLLIN) bits |= PILLION_WRITABLE;
      if (ready != nullptr) *ready = bits & events;
      return PILLION_WAIT_READY;
    }
    if (!interrupted_ && Now() >= until) return PILLION_WAIT_DEADLINE;
  }
}

}  // namespace pillion::testing

#include <pillion/testing/host_calls.hpp>
#include <pillion/testing/host_table.hpp>
