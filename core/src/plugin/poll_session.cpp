#include "plugin/poll_session.hpp"

#include "plugin/resolver.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace pillion {

Interrupter::Interrupter() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
Interrupter::~Interrupter() {
  if (fd_ >= 0) ::close(fd_);
}

// In this order: Clear takes what is written if it sees the flag, and nothing stays behind.
void Interrupter::Interrupt() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
  interrupted_.store(true, std::memory_order_release);
}

void Interrupter::Clear() {
  if (!interrupted_.exchange(false, std::memory_order_acq_rel)) return;
  uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd_, &ignored, sizeof ignored);
}

namespace {

short ToPoll(uint32_t events) {
  short out = 0;
  if (events & PILLION_READABLE) out |= POLLIN;
  if (events & PILLION_WRITABLE) out |= POLLOUT;
  return out;
}

// An error or a hang-up counts as ready for what was asked: the next read or write tells.
uint32_t FromPoll(short revents, uint32_t asked) {
  uint32_t ready = 0;
  if (revents & POLLIN) ready |= PILLION_READABLE;
  if (revents & POLLOUT) ready |= PILLION_WRITABLE;
  if (revents & (POLLERR | POLLHUP)) ready |= asked;
  return ready;
}

std::string Cut(std::string_view text, size_t bytes_max) {
  return std::string(text.substr(0, bytes_max));
}

}  // namespace
}  // namespace pillion

using pillion::DropReason;
using pillion::MonoTime;
using pillion::Reason;

MonoTime pillion_poll::CollectorTimeout(uint32_t collector) const {
  if (collectors == nullptr || collector >= collectors->size()) return MonoTime(0);
  return (*collectors)[collector].timeout;
}

MonoTime pillion_poll::WaitsUntil() const {
  const MonoTime own = CollectorTimeout(open);
  return own.count() == 0 ? deadline : std::min(deadline, opened + own + kCollectorGrace);
}

uint32_t pillion_poll::Wait(int fd, uint32_t events, int64_t until_ns, uint32_t* ready) {
  if (ready != nullptr) *ready = 0;
  const MonoTime latest = WaitsUntil();
  const MonoTime until = until_ns == 0 ? latest : std::min(latest, MonoTime(until_ns));
  while (true) {
    if (interrupter->interrupted()) return PILLION_WAIT_INTERRUPTED;
    const MonoTime left = until - clock->Now();
    pollfd fds[2] = {{interrupter->fd(), POLLIN, 0}, {fd, pillion::ToPoll(events), 0}};
    timespec timeout{};
    if (left.count() > 0) {
      timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
      timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    }
    const int n = ::ppoll(fds, fd >= 0 ? 2 : 1, &timeout, nullptr);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return PILLION_WAIT_ERROR;
    if (fds[0].revents != 0) return PILLION_WAIT_INTERRUPTED;
    if (fd >= 0 && (fds[1].revents & POLLNVAL)) return PILLION_WAIT_ERROR;
    if (fd >= 0 && fds[1].revents != 0) {
      if (ready != nullptr) *ready = pillion::FromPoll(fds[1].revents, events);
      return PILLION_WAIT_READY;
    }
    // Data that is already there counts, even at the deadline: hence after the poll.
    if (left.count() <= 0) return PILLION_WAIT_DEADLINE;
  }
}

uint32_t pillion_poll::Resolve(std::string_view host, pillion_address* out, size_t capacity,
                               size_t* count) {
  *count = 0;
  const auto addresses = pillion::ResolveHost(
      host, [&](int fd) { return Wait(fd, PILLION_READABLE, 0, nullptr) == PILLION_WAIT_READY; });
  if (!addresses) return static_cast<uint32_t>(addresses.error().reason);
  for (const std::string& address : *addresses) {
    if (*count == capacity) break;
    pillion_address& slot = out[(*count)++];
    slot.text[address.copy(slot.text, sizeof slot.text - 1)] = '\0';
  }
  return PILLION_REASON_OK;
}

void pillion_poll::Begin(uint32_t collector) {
  if (implicit_collector && collector == 0) return;  // it is open for the whole poll
  if (open != kNoCollector) End(Reason::kInternal, "the next collector began before this ended");
  if (collector >= due->size()) {
    outcome.drops.Note(DropReason::kUndeclared,
                       "collector " + std::to_string(collector) + " is not in the table");
    return;
  }
  builder->Reset();
  open = collector;
  opened = clock->Now();
  shows_last_ = false;
  incomplete = false;
}

bool pillion_poll::ShowLast() {
  if (open == kNoCollector || remembered == nullptr) return false;
  const auto last = remembered->find(open);
  shows_last_ = last != remembered->end() && last->second.fragment != nullptr;
  return shows_last_;
}

// What the open collector shows, as the operator lets it through. What was dropped of it is told
// each time that it is shown.
pillion::FragmentPtr pillion_poll::TakeFragment() {
  if (shows_last_) {
    builder->Reset();
    const pillion::RememberedRun& last = remembered->at(open);
    outcome.drops.Merge(last.drops);
    return last.fragment;
  }
  pillion::RememberedRun* kept = nullptr;
  if (remembered != nullptr) {
    const auto last = remembered->find(open);
    if (last != remembered->end()) kept = &last->second;
  }
  // Before all that may throw: the plugin takes this run for the last one, whatever comes of it.
  if (kept != nullptr) *kept = {};
  pillion::RememberedRun run{builder->Build(open), std::exchange(builder->drops(), {})};
  if (filter != nullptr) run.fragment = filter->Apply(std::move(run.fragment), run.drops);
  outcome.drops.Merge(run.drops);
  pillion::FragmentPtr fragment = run.fragment;
  const bool keeps = kept != nullptr && !incomplete && fragment->bytes() <= kRememberedBytesMax;
  if (keeps) *kept = std::move(run);
  return fragment;
}

void pillion_poll::End(Reason reason, std::string_view message) {
  if (open == kNoCollector) return;
  pillion::CollectorOutcome run;
  run.collector = open;
  run.duration = clock->Now() - opened;
  // A collector that wasn't asked for may not replace what another lane put there.
  const bool wanted = (*due)[open];
  run.reason = reason;
  if (reason != Reason::kOk) {
    run.message = pillion::Cut(message, kMessageBytesMax);
    builder->Reset();
  } else if (wanted) {
    run.fragment = TakeFragment();
  }
  open = kNoCollector;
  outcome.drops.Merge(builder->drops());
  builder->drops() = {};
  if (wanted) outcome.collectors.push_back(std::move(run));
}

bool pillion_poll::InCollector() {
  if (open != kNoCollector) return true;
  outcome.drops.Note(DropReason::kUndeclared, "samples outside of a collector");
  return false;
}

void pillion_poll::AddFact(std::string_view name, std::string_view value) {
  for (auto& [known, text] : outcome.facts) {
    if (known == name) {
      text = pillion::Cut(value, kMessageBytesMax);
      return;
    }
  }
  if (outcome.facts.size() < kFactsMax) {
    outcome.facts.emplace_back(pillion::Cut(name, 128), pillion::Cut(value, kMessageBytesMax));
  }
}

void pillion_poll::Finish(Reason reason) {
  if (open == kNoCollector) return;
  if (implicit_collector) {
    End(reason, outcome.message);
  } else {
    End(Reason::kInternal, "the poll ended inside this collector");
  }
}
