#include "poll/state_log.hpp"
#include "core/poll/fakes.hpp"
#include "log/log.hpp"

#include <unistd.h>

#include <algorithm>

using namespace pillion;
using namespace pillion::test;

namespace {

// Catches what is logged while it lives.
class CaughtLog {
 public:
  CaughtLog() {
    REQUIRE(::pipe(fds_) == 0);
    SetLogDescriptor(fds_[1]);
  }
  ~CaughtLog() {
    SetLogDescriptor(2);
    ::close(fds_[0]);
    if (fds_[1] >= 0) ::close(fds_[1]);
  }
  std::string Text() {
    SetLogDescriptor(2);
    ::close(std::exchange(fds_[1], -1));
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(fds_[0], buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<size_t>(n));
    }
    return text;
  }

 private:
  int fds_[2] = {-1, -1};
};

size_t Lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::shared_ptr<const InstanceConfig> Orders() {
  auto config = std::make_shared<InstanceConfig>();
  config->name = "orders";
  config->type = "fake";
  return config;
}

struct Bench {
  Bench() {
    state.collectors.resize(2);
    state.collectors[0].enabled = true;
  }
  void Poll(Reason reason, const std::string& message = "", Reason collector = Reason::kOk) {
    PollOutcome outcome;
    outcome.reason = reason;
    outcome.message = message;
    state.collectors[0].ran = true;
    state.collectors[0].reason = reason == Reason::kOk ? collector : reason;
    state.collectors[0].message = "GRANT pg_monitor";
    log.PollEnded(state, outcome, {true, false}, true);
  }
  InstanceState state;
  FakeTime time;
  StateLog log{FakeType(), Orders(), &time};
};

}  // namespace

TEST_CASE("a target that stays down is named once and once more when it is back") {
  CaughtLog caught;
  Bench bench;
  bench.Poll(Reason::kRefused, "port 5432: Connection refused");
  bench.Poll(Reason::kRefused, "port 5432: Connection refused, again");
  bench.Poll(Reason::kRefused, "port 5432");
  bench.Poll(Reason::kOk);
  bench.Poll(Reason::kOk);
  const std::string text = caught.Text();
  CHECK(Lines(text) == 2);
  CHECK(text.find("reason=refused") != std::string::npos);
  CHECK(text.find("instance is up") != std::string::npos);
}

TEST_CASE("another reason is news") {
  CaughtLog caught;
  Bench bench;
  bench.Poll(Reason::kRefused);
  bench.Poll(Reason::kAuth);
  CHECK(Lines(caught.Text()) == 2);
}

TEST_CASE("a failing collector is named once with its message and once when it works again") {
  CaughtLog caught;
  Bench bench;
  bench.Poll(Reason::kOk);
  bench.Poll(Reason::kOk, "", Reason::kPermission);
  bench.Poll(Reason::kOk, "", Reason::kPermission);
  bench.Poll(Reason::kOk);
  const std::string text = caught.Text();
  CHECK(Lines(text) == 3);
  CHECK(text.find("GRANT pg_monitor") != std::string::npos);
  CHECK(text.find("collector works again") != std::string::npos);
}

TEST_CASE("a target that is down does not name its collectors as well") {
  CaughtLog caught;
  Bench bench;
  bench.Poll(Reason::kTimeout);
  CHECK(Lines(caught.Text()) == 1);
}

TEST_CASE("a late poll is logged once until a poll ends") {
  CaughtLog caught;
  Bench bench;
  bench.log.Late();
  bench.log.Late();
  bench.Poll(Reason::kOk);
  bench.log.Late();
  CHECK(Lines(caught.Text()) == 3);
}

TEST_CASE("a target that hangs is named as late and as down once each") {
  CaughtLog caught;
  Bench bench;
  bench.Poll(Reason::kOk);
  for (int i = 0; i < 3; ++i) {
    bench.log.Late();
    bench.Poll(Reason::kTimeout, "no answer by the deadline");
  }
  bench.Poll(Reason::kOk);
  CHECK(Lines(caught.Text()) == 4);  // up, late, down, up
}

TEST_CASE("dropped samples are named once while they stay the same") {
  CaughtLog caught;
  Bench bench;
  PollOutcome outcome;
  outcome.drops.Note(DropReason::kDuplicate, "a{} stands twice", 3);
  bench.log.PollEnded(bench.state, outcome, {true, true}, true);
  bench.log.PollEnded(bench.state, outcome, {true, true}, true);
  const std::string text = caught.Text();
  CHECK(Lines(text) == 2);  // up, and the drop
  CHECK(text.find("count=3") != std::string::npos);
}

TEST_CASE("a slow lane beside a scrape lane does not say whether the instance is up") {
  CaughtLog caught;
  Bench bench;
  bench.Poll(Reason::kOk);
  PollOutcome slow;
  slow.reason = Reason::kRefused;
  slow.message = "too many connections";
  bench.state.collectors[1].enabled = bench.state.collectors[1].ran = true;
  bench.state.collectors[1].reason = Reason::kRefused;
  for (int i = 0; i < 3; ++i) {
    bench.log.PollEnded(bench.state, slow, {false, true}, false);
    bench.Poll(Reason::kOk);
  }
  const std::string text = caught.Text();
  CHECK(Lines(text) == 2);  // up, and the one collector
  CHECK(text.find("instance is down") == std::string::npos);
  CHECK(text.find("collector=slow") != std::string::npos);
}

TEST_CASE("a lane that is stuck in every poll is named once and then reminded of") {
  CaughtLog caught;
  Bench bench;
  bench.Poll(Reason::kOk);
  const auto polls = static_cast<int>(3 * NewsGate::kReminderEvery / 30s);
  for (int i = 0; i < polls; ++i) {  // returns at three times its timeout of 10 s
    bench.log.Late();
    bench.time.Advance(20s);
    bench.log.Stuck();
    bench.time.Advance(10s);
    bench.Poll(Reason::kTimeout, "no answer by the deadline");
  }
  bench.Poll(Reason::kOk);
  const std::string text = caught.Text();
  CHECK(text.find("failed_polls=" + std::to_string(polls)) != std::string::npos);
  size_t reminders = 0;
  for (size_t at = 0; (at = text.find("still down", at)) != std::string::npos; ++at) ++reminders;
  CHECK(reminders <= 3);
  // up, late, stuck, down, and one of stuck and down for each window, up
  CHECK(Lines(text) <= 5 + 3 * (NewsGate::kReminderEvery / NewsGate::kWindow));
}

TEST_CASE("an outage that lasts is reminded of with the number of failed polls") {
  CaughtLog caught;
  Bench bench;
  for (int i = 0; i < 250; ++i) {
    bench.Poll(Reason::kRefused);
    bench.time.Advance(15s);
  }
  const std::string text = caught.Text();
  CHECK(Lines(text) == 2);
  CHECK(text.find("msg=\"instance is still down\" instance=orders exporter=fake reason=refused "
                  "failed_polls=241") != std::string::npos);
}

TEST_CASE("a target that is late and up in turn does not fill the log") {
  CaughtLog caught;
  Bench bench;
  for (int i = 0; i < 240; ++i) {  // an hour
    bench.log.Late();
    bench.Poll(Reason::kOk);
    bench.time.Advance(15s);
  }
  CHECK(Lines(caught.Text()) <= 6 * 2 * (NewsGate::kRecoveriesMax + 1));
}

TEST_CASE("a collector that fails every second time does not fill the log") {
  CaughtLog caught;
  Bench bench;
  for (int i = 0; i < 240; ++i) {
    bench.Poll(Reason::kOk, "", i % 2 == 0 ? Reason::kPermission : Reason::kOk);
    bench.time.Advance(15s);
  }
  CHECK(Lines(caught.Text()) <= 1 + 6 * 2 * (NewsGate::kRecoveriesMax + 1));
}

TEST_CASE("another dropped sample in each poll does not fill the log") {
  CaughtLog caught;
  Bench bench;
  for (int i = 0; i < 240; ++i) {
    PollOutcome outcome;
    outcome.drops.Note(DropReason::kDuplicate, "a{} stands twice " + std::to_string(i), 3);
    bench.log.PollEnded(bench.state, outcome, {true, true}, true);
    bench.time.Advance(15s);
  }
  CHECK(Lines(caught.Text()) == 1 + 6);  // up, and one in ten minutes
}
