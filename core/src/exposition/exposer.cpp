#include "exposition/exposer.hpp"

#include "exposition/name_escaping.hpp"
#include "exposition/page_plan.hpp"
#include "exposition/render.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pillion {
namespace {

// The newest fragment that a page has of an instance. Fragment ids ascend with time.
struct Mark {
  std::string instance;
  uint64_t newest = 0;
};

// One rendering, awaited by any number of calls.
struct Flight {
  bool done = false;
  BodyPtr body;  // null when done: it failed
};

struct Slot {
  BodyPtr body;
  SteadyPiece piece;
  std::shared_ptr<Flight> flight;
  uint64_t used = 0;
};

using PlanPtr = std::shared_ptr<const PagePlan>;

// A set of fragments, in order, and what was made of it.
struct Page {
  std::vector<uint64_t> ids;
  Escaping escaping = Escaping::kAllowUtf8;
  std::vector<std::string> names;  // of the families asked for; empty: all
  std::vector<Mark> marks;
  PlanPtr plan;
  PlanPtr last_plan;  // of a page that this one supersedes, until this one is planned
  std::array<SteadyPiece, kFormats> last_pieces;  // of the same page
  bool planning = false;
  bool reported = false;
  bool superseded = false;
  size_t users = 0;  // calls that work on it
  uint64_t used = 0;
  std::array<std::array<Slot, kEncodings>, kFormats> slots;
};
using PagePtr = std::shared_ptr<Page>;

PagePtr MakePage(std::span<const SnapshotPtr> snapshots, const std::vector<std::string>& names,
                 Escaping escaping) {
  auto page = std::make_shared<Page>();
  page->names = names;
  page->escaping = escaping;
  for (const SnapshotPtr& snapshot : snapshots) {
    Mark mark{snapshot->instance, 0};
    for (const FragmentPtr& fragment : snapshot->fragments) {
      page->ids.push_back(fragment->id);
      mark.newest = std::max(mark.newest, fragment->id);
    }
    page->marks.push_back(std::move(mark));
  }
  return page;
}

bool IsOlder(const Page& page, const Page& than) {
  for (const Mark& mark : page.marks) {
    for (const Mark& other : than.marks) {
      if (mark.instance == other.instance && mark.newest < other.newest) return true;
    }
  }
  return false;
}

// All families in their own names.
bool IsWhole(const Page& page) {
  return page.names.empty() && page.escaping == Escaping::kAllowUtf8;
}

size_t BytesOf(const SteadyPiece& piece) {
  size_t bytes = 0;
  if (piece.piece == nullptr) return bytes;
  for (const std::string& chunk : piece.piece->chunks) bytes += chunk.size();
  return bytes;
}

bool HasSameInstances(const Page& a, const Page& b) {
  return std::equal(a.marks.begin(), a.marks.end(), b.marks.begin(), b.marks.end(),
                    [](const Mark& x, const Mark& y) { return x.instance == y.instance; });
}

// What makes the next page cheaper: the plan, and what was compressed for it. A format that was not
// asked for in `last` goes on with what `last` had of its own predecessor, if that is still right.
void TakeOver(const Page& last, Page& page) {
  page.last_plan = last.plan;
  for (size_t format = 0; format < kFormats; ++format) {
    SteadyPiece& piece = page.last_pieces[format];
    piece = last.slots[format][static_cast<size_t>(Encoding::kGzip)].piece;
    if (piece.id != 0) continue;
    if (last.last_pieces[format].id == last.plan->steady.id) piece = last.last_pieces[format];
  }
}

uint64_t HashOf(const Page& page) {
  uint64_t hash = 0xcbf29ce484222325u + static_cast<uint64_t>(page.escaping);
  for (const uint64_t id : page.ids) hash = (hash ^ id) * 0x100000001b3u;
  return hash;
}

}  // namespace

struct Exposer::State {
  using Lock = std::unique_lock<std::mutex>;
  class Use;

  State(OpenMetricsMode m, PageLimits l) : mode(m), limits(l) {}

  // All with `mutex` held by `lock`; the two that take the lock let go of it while they work.
  PagePtr Enter(PagePtr page);
  void Leave(const PagePtr& page);
  PlanPtr PlanOf(Lock& lock, Page& page, const std::function<PlanPtr(PlanPtr last)>& make);
  BodyPtr BodyOf(Lock& lock, Page& page, Format format, Encoding encoding);
  bool Report(Page& page);
  void AddDrops(Page& page, Exposition& out);
  void Keep(Slot& slot, BodyPtr body, SteadyPiece piece);
  void TrimBodies();
  void TrimPages();
  void Wait(Lock& lock);
  template <typename Fn>
  void ForEachBody(Fn fn);

  const OpenMetricsMode mode;
  const PageLimits limits;
  std::mutex mutex;
  std::condition_variable changed;  // a plan or a flight is done

  // Guarded by `mutex`, the pages' contents included.
  std::vector<PagePtr> pages;
  uint64_t clock = 0;  // orders uses
  size_t waiting = 0;
  // Pages whose drops were counted, so that one that comes back is not counted again.
  std::array<uint64_t, 64> reported{};
  size_t reported_next = 0;
};

// Counts a call in and out of a page.
class Exposer::State::Use {
 public:
  Use(State* state, PagePtr page) : state_(*state), page_(state->Enter(std::move(page))) {}
  ~Use() { state_.Leave(page_); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  Page& page() { return *page_; }

 private:
  State& state_;
  PagePtr page_;
};

// The page with these fragments, or this one as a new page.
PagePtr Exposer::State::Enter(PagePtr page) {
  const auto same = std::find_if(pages.begin(), pages.end(), [&](const PagePtr& p) {
    return p->ids == page->ids && p->names == page->names && p->escaping == page->escaping;
  });
  if (same != pages.end()) {
    page = *same;
  } else {
    for (const PagePtr& other : pages) {
      const bool wholes = IsWhole(*other) && IsWhole(*page) && other->plan != nullptr;
      if (wholes && IsOlder(*other, *page) && HasSameInstances(*other, *page)) {
        TakeOver(*other, *page);
      }
    }
    pages.push_back(page);
    for (const PagePtr& other : pages) {
      if (IsOlder(*other, *page)) other->superseded = true;
      if (IsOlder(*page, *other)) page->superseded = true;
    }
    page->reported = std::find(reported.begin(), reported.end(), HashOf(*page)) != reported.end();
  }
  ++page->users;
  page->used = ++clock;
  TrimPages();
  return page;
}

void Exposer::State::Leave(const PagePtr& page) {
  --page->users;
  TrimPages();
}

void Exposer::State::TrimPages() {
  std::erase_if(pages, [](const PagePtr& p) { return p->superseded && p->users == 0; });
  while (pages.size() > kPagesMax) {
    const auto oldest =
        std::min_element(pages.begin(), pages.end(), [](const PagePtr& a, const PagePtr& b) {
          return std::pair(a->users > 0, a->used) < std::pair(b->users > 0, b->used);
        });
    if ((*oldest)->users > 0) return;
    pages.erase(oldest);
  }
}

void Exposer::State::Wait(Lock& lock) {
  ++waiting;
  changed.wait(lock);
  --waiting;
}

template <typename Fn>
void Exposer::State::ForEachBody(Fn fn) {
  for (const PagePtr& page : pages) {
    for (auto& of_format : page->slots) {
      for (Slot& slot : of_format) {
        if (slot.body != nullptr) fn(*page, slot);
      }
    }
  }
}

void Exposer::State::TrimBodies() {
  for (;;) {
    size_t bodies = 0, bytes = 0;
    Slot* first = nullptr;  // to go
    std::pair<bool, uint64_t> rank;
    ForEachBody([&](const Page& page, Slot& slot) {
      ++bodies;
      bytes += slot.body->size + BytesOf(slot.piece);
      const std::pair own(!page.superseded, slot.used);
      if (first == nullptr || own < rank) {
        first = &slot;
        rank = own;
      }
    });
    if (bodies <= kBodiesMax && bytes <= kBodyBytesMax) return;
    first->body.reset();
    first->piece = {};
  }
}

void Exposer::State::Keep(Slot& slot, BodyPtr body, SteadyPiece piece) {
  if (body->size > kBodyBytesMax) return;
  slot.body = std::move(body);
  slot.piece = std::move(piece);
  slot.used = ++clock;
  TrimBodies();
}

PlanPtr Exposer::State::PlanOf(Lock& lock, Page& page,
                               const std::function<PlanPtr(PlanPtr last)>& make) {
  while (page.plan == nullptr) {
    if (page.planning) {
      Wait(lock);
      continue;
    }
    page.planning = true;
    PlanPtr last = std::move(page.last_plan);
    page.last_plan = nullptr;
    // Whether others hold it is known under the lock alone: where they let go of it later, what
    // they read may not be written without their knowing.
    const PlanPtr held = last.use_count() > 1 ? last : nullptr;
    lock.unlock();
    PlanPtr plan;
    try {
      plan = make(std::move(last));
    } catch (...) {
      lock.lock();
      page.planning = false;
      changed.notify_all();
      throw;
    }
    lock.lock();
    page.planning = false;
    page.plan = std::move(plan);
    changed.notify_all();
  }
  return page.plan;
}

BodyPtr Exposer::State::BodyOf(Lock& lock, Page& page, Format format, Encoding encoding) {
  auto& of_format = page.slots[static_cast<size_t>(format)];
  Slot& slot = of_format[static_cast<size_t>(encoding)];
  while (slot.body == nullptr && slot.flight != nullptr) {
    const std::shared_ptr<Flight> flight = slot.flight;
    while (!flight->done) Wait(lock);
    if (flight->body != nullptr) return flight->body;
  }
  if (slot.body != nullptr) {
    slot.used = ++clock;
    return slot.body;
  }
  const auto flight = std::make_shared<Flight>();
  slot.flight = flight;
  const BodyPtr plain = of_format[static_cast<size_t>(Encoding::kIdentity)].body;
  SteadyPiece& last_piece = page.last_pieces[static_cast<size_t>(format)];  // this flight's
  SteadyPiece piece;
  const auto end = [&] {
    lock.lock();
    flight->done = true;
    slot.flight.reset();
    changed.notify_all();
  };
  lock.unlock();
  try {
    Rendered rendered = Render(*page.plan, format, encoding, plain, last_piece);
    flight->body = std::move(rendered.body);
    piece = std::move(rendered.piece);
  } catch (...) {
    end();
    throw;
  }
  end();
  Keep(slot, flight->body, std::move(piece));
  if (slot.piece.id != 0) last_piece = {};
  return flight->body;
}

bool Exposer::State::Report(Page& page) {
  // What a page of some families leaves out is counted with the whole page.
  if (page.reported || !page.names.empty()) return false;
  page.reported = true;
  reported[reported_next] = HashOf(page);
  reported_next = (reported_next + 1) % reported.size();
  return true;
}

Exposer::Exposer(OpenMetricsMode mode, PageLimits limits)
    : state_(std::make_unique<State>(mode, limits)) {}
Exposer::~Exposer() = default;

// What was left out of two pages is told as one; of what is fresh, only that.
void Exposer::State::AddDrops(Page& page, Exposition& out) {
  const bool fresh = Report(page);
  if (out.drops == nullptr || (fresh && !out.fresh)) {
    out.drops = page.plan->drops;
  } else if (fresh == out.fresh && page.plan->drops->total() > 0) {
    Drops both = *out.drops;
    both.Merge(*page.plan->drops);
    out.drops = std::make_shared<const Drops>(std::move(both));
  }
  out.fresh = out.fresh || fresh;
}

Exposition Exposer::Expose(std::span<const SnapshotPtr> snapshots, std::string_view accept,
                           std::string_view accept_encoding,
                           const std::vector<std::string>& names) {
  State& state = *state_;
  const Acceptance acceptance = ParseAccept(accept);
  PagePtr candidate = MakePage(snapshots, names, Escaping::kAllowUtf8);
  State::Lock lock(state.mutex);
  State::Use whole(&state, std::move(candidate));
  const PlanPtr plan = state.PlanOf(lock, whole.page(), [&](PlanPtr last) {
    return MakePagePlan(snapshots, state.limits, names, std::move(last));
  });
  const auto escaped = [&](Format format, std::optional<State::Use>& use) -> Page& {
    const Escaping escaping = acceptance[format].escaping;
    if (!plan->has_utf8_names || escaping == Escaping::kAllowUtf8) return whole.page();
    use.emplace(&state, MakePage(snapshots, names, escaping));
    state.PlanOf(lock, use->page(), [&](const PlanPtr&) {
      return MakeEscapedPlan(snapshots, *plan, escaping, state.limits);
    });
    return use->page();
  };
  std::optional<State::Use> use_of_openmetrics, use_of_body;
  const bool asked = acceptance[Format::kOpenMetrics100].q > 0;
  const bool clean =
      asked && escaped(Format::kOpenMetrics100, use_of_openmetrics).plan->openmetrics_clean;
  const Format format = ChooseFormat(acceptance, state.mode, clean);
  Page& page = escaped(format, use_of_body);
  Exposition out;
  out.content_type = ContentType(format, acceptance);
  out.body = state.BodyOf(lock, page, format, ChooseEncoding(accept_encoding));
  state.AddDrops(whole.page(), out);
  if (&page != &whole.page()) state.AddDrops(page, out);
  return out;
}

Exposer::Stats Exposer::stats() const {
  const State::Lock lock(state_->mutex);
  Stats stats;
  stats.pages = state_->pages.size();
  stats.waiting = state_->waiting;
  state_->ForEachBody([&](const Page&, const Slot& slot) {
    ++stats.bodies;
    stats.body_bytes += slot.body->size;
  });
  return stats;
}

}  // namespace pillion
