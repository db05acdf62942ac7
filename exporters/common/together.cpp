#include "together.hpp"

#include "forwarding_host.hpp"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define PILLION_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PILLION_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define PILLION_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PILLION_TSAN 1
#endif
#endif
#ifdef PILLION_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef PILLION_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace pillion {
namespace {

// What sanitizers want to know of a change of stacks; nothing without them.
class Stack {
 public:
  Stack() = default;
  ~Stack() {
#ifdef PILLION_TSAN
    if (owned_) __tsan_destroy_fiber(fiber_);
#endif
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  void Describe([[maybe_unused]] const void* bottom, [[maybe_unused]] size_t size) {
    bottom_ = bottom;
    size_ = size;
#ifdef PILLION_TSAN
    fiber_ = __tsan_create_fiber(0);
    owned_ = true;
#endif
  }
  // Before and after a change; `ends`: this stack is never come back to.
  void Leave([[maybe_unused]] Stack& to, [[maybe_unused]] bool ends) {
#ifdef PILLION_ASAN
    __sanitizer_start_switch_fiber(ends ? nullptr : &fake_, to.bottom_, to.size_);
#endif
#ifdef PILLION_TSAN
    if (!owned_) fiber_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to.fiber_, 0);
#endif
  }
  void Arrive([[maybe_unused]] Stack* from) {
#ifdef PILLION_ASAN
    const void* bottom = nullptr;
    size_t size = 0;
    __sanitizer_finish_switch_fiber(fake_, &bottom, &size);
    if (from != nullptr) {
      from->bottom_ = bottom;
      from->size_ = size;
    }
#endif
  }

 private:
  const void* bottom_ = nullptr;
  size_t size_ = 0;
  [[maybe_unused]] void* fake_ = nullptr;
  [[maybe_unused]] void* fiber_ = nullptr;
  [[maybe_unused]] bool owned_ = false;
};

struct Unmap {
  void operator()(void* stack) const { ::munmap(stack, kFiberStackBytes); }
};

struct Scheduler;

// One task: a poll of its own in the eyes of what it calls.
struct Fiber : ForwardedPoll {
  Scheduler* scheduler = nullptr;
  const Task* task = nullptr;
  std::unique_ptr<void, Unmap> memory;
  ucontext_t context{};
  Stack stack;
  bool done = false;
  // What it waits for.
  int fd = -1;
  int64_t until = 0;
  uint32_t wanted = 0;
  // What came of it.
  uint32_t result = PILLION_WAIT_READY;
  uint32_t ready = 0;

  void Suspend(bool ends);
};

struct Scheduler {
  explicit Scheduler(const PollContext& poll) : ctx(poll), epoll(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    table = ForwardingTable();
    table.wait = [](pillion_poll* waiting, int fd, uint32_t events, int64_t until,
                    uint32_t* ready) {
      auto& fiber = static_cast<Fiber&>(Forwarded(waiting));
      return fiber.scheduler->Wait(fiber, fd, events, until, ready);
    };
  }
  ~Scheduler() { ::close(epoll); }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void Prepare(std::span<const Task> tasks);
  void Run();
  void Resume(Fiber& fiber, uint32_t result, uint32_t ready);
  void WaitForAny();
  uint32_t Wait(Fiber& fiber, int fd, uint32_t events, int64_t until, uint32_t* ready);

  const PollContext& ctx;
  const int epoll;
  pillion_host table{};
  std::vector<std::unique_ptr<Fiber>> fibers;
  ucontext_t main{};
  Stack main_stack;
  bool interrupted = false;
};

void Body(Fiber& fiber) {
  fiber.stack.Arrive(&fiber.scheduler->main_stack);
  try {
    const PollContext ctx(&fiber.scheduler->table, fiber.AsPoll());
    (*fiber.task)(ctx);
  } catch (...) {  // nothing may leave the stack; a task reports by what it shares
  }
  fiber.done = true;
  fiber.Suspend(true);
}

// makecontext hands over ints only.
void Start(unsigned high, unsigned low) {
  const uint64_t address = uint64_t{high} << 32 | low;
  Body(*reinterpret_cast<Fiber*>(static_cast<uintptr_t>(address)));
}

void Fiber::Suspend(bool ends) {
  stack.Leave(scheduler->main_stack, ends);
  ::swapcontext(&context, &scheduler->main);
  stack.Arrive(nullptr);
}

void Scheduler::Prepare(std::span<const Task> tasks) {
  for (const Task& task : tasks) {
    auto fiber = std::make_unique<Fiber>();
    fiber->host = ctx.host();
    fiber->poll = ctx.poll();
    fiber->scheduler = this;
    fiber->task = &task;
    void* memory = ::mmap(nullptr, kFiberStackBytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    fiber->memory.reset(memory);
    ::mprotect(memory, 4096, PROT_NONE);  // what grows beyond its stack ends here
    fiber->stack.Describe(memory, kFiberStackBytes);
    ::getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = memory;
    fiber->context.uc_stack.ss_size = kFiberStackBytes;
    fiber->context.uc_link = nullptr;
    const auto address = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(fiber.get()));
    ::makecontext(&fiber->context, reinterpret_cast<void (*)()>(Start), 2,
                  static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
    fibers.push_back(std::move(fiber));
  }
}

void Scheduler::Run() {
  for (const auto& fiber : fibers) Resume(*fiber, PILLION_WAIT_READY, 0);
  while (std::any_of(fibers.begin(), fibers.end(), [](const auto& f) { return !f->done; })) {
    WaitForAny();
  }
}

void Scheduler::Resume(Fiber& fiber, uint32_t result, uint32_t ready) {
  fiber.result = result;
  fiber.ready = ready;
  main_stack.Leave(fiber.stack, false);
  ::swapcontext(&main, &fiber.context);
  main_stack.Arrive(nullptr);
}

void Scheduler::WaitForAny() {
  int64_t until = ctx.Deadline().count();
  for (const auto& fiber : fibers) {
    if (!fiber->done) until = std::min(until, fiber->until);
  }
  uint32_t ignored = 0;
  const uint32_t woken =
      ctx.host()->wait(ctx.poll(), epoll, PILLION_READABLE, std::max<int64_t>(until, 1), &ignored);
  if (woken == PILLION_WAIT_INTERRUPTED) interrupted = true;
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    Fiber& fiber = *static_cast<Fiber*>(events[static_cast<size_t>(i)].data.ptr);
    uint32_t ready = 0;
    const uint32_t said = events[static_cast<size_t>(i)].events;
    if ((said & ~uint32_t{EPOLLOUT}) != 0) ready |= PILLION_READABLE;
    if ((said & ~uint32_t{EPOLLIN}) != 0) ready |= PILLION_WRITABLE;
    Resume(fiber, PILLION_WAIT_READY, ready & fiber.wanted);
  }
  if (woken == PILLION_WAIT_READY || count > 0) return;
  const int64_t passed = std::max(ctx.Now().count(), until);
  for (const auto& fiber : fibers) {
    const bool ends = woken != PILLION_WAIT_DEADLINE || fiber->until <= passed;
    if (!fiber->done && ends) Resume(*fiber, woken, 0);
  }
}

uint32_t Scheduler::Wait(Fiber& fiber, int fd, uint32_t events, int64_t until, uint32_t* ready) {
  if (ready != nullptr) *ready = 0;
  if (interrupted) return PILLION_WAIT_INTERRUPTED;
  const int64_t deadline = ctx.Deadline().count();
  fiber.until = until == 0 ? deadline : std::min(until, deadline);
  fiber.fd = fd;
  fiber.wanted = events;
  if (fd >= 0) {
    epoll_event wanted{};
    wanted.data.ptr = &fiber;
    if ((events & PILLION_READABLE) != 0) wanted.events |= EPOLLIN;
    if ((events & PILLION_WRITABLE) != 0) wanted.events |= EPOLLOUT;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted) != 0) return PILLION_WAIT_ERROR;
  }
  fiber.Suspend(false);
  if (fd >= 0) ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
  if (ready != nullptr) *ready = fiber.ready;
  return fiber.result;
}

}  // namespace

void RunTogether(const PollContext& ctx, std::span<const Task> tasks) {
  if (tasks.empty()) return;
  Scheduler scheduler(ctx);
  scheduler.Prepare(tasks);
  scheduler.Run();
}

}  // namespace pillion
