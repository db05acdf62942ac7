#include "poll/load_budget.hpp"

#include <doctest/doctest.h>

using namespace pillion;
using namespace std::chrono_literals;

namespace {

using Mask = std::vector<bool>;

// Polls each `gap` for `times`; how often each collector ran.
std::vector<int> Poll(LoadBudget& budget, const std::vector<MonoTime>& costs, MonoTime gap,
                      int times, MonoTime from = 1h) {
  std::vector<int> ran(costs.size());
  for (int i = 0; i < times; ++i) {
    const MonoTime now = from + i * gap;
    const Mask due = budget.Due(Mask(costs.size(), true), now);
    for (size_t c = 0; c < costs.size(); ++c) {
      if (!due[c]) continue;
      ++ran[c];
      budget.Ran(c, now, costs[c]);
    }
    budget.Fit();
  }
  return ran;
}

}  // namespace

TEST_CASE("without a bound or below it all collectors run in each poll") {
  LoadBudget none(0, {0s, 0s});
  CHECK(Poll(none, {5s, 3s}, 10s, 100) == std::vector<int>{100, 100});
  LoadBudget wide(0.02, {0s, 0s});
  CHECK(Poll(wide, {100ms, 90ms}, 10s, 100) == std::vector<int>{100, 100});
  CHECK(wide.Interval(0) == 0s);
}

TEST_CASE("above it the expensive collector runs less often and the cheap ones as before") {
  LoadBudget budget(0.02, {0s, 0s, 0s});
  const auto ran = Poll(budget, {1s, 10ms, 20ms}, 10s, 1000);
  CHECK(ran[1] == 1000);
  CHECK(ran[2] == 1000);
  const double load = (ran[0] * 1.0 + 1000 * 0.03) / 10'000;
  CHECK(load < 0.021);
  CHECK(load > 0.015);
  CHECK(budget.Interval(0) > 50s);
  CHECK(budget.Interval(0) < 65s);
}

TEST_CASE("collectors that are all too expensive get the same share each") {
  LoadBudget budget(0.02, {0s, 0s});
  Poll(budget, {1s, 4s}, 10s, 1000);
  CHECK(budget.Interval(0) == 100s);
  CHECK(budget.Interval(1) == 400s);
}

TEST_CASE("what a collector of its own schedule takes counts and is stretched too") {
  LoadBudget budget(0.02, {0s, 60s});
  Poll(budget, {10ms, 0s}, 10s, 10);
  budget.Ran(1, 2h, 6s);  // a tenth of its time
  budget.Fit();
  CHECK(budget.Interval(0) == 0s);
  CHECK(budget.Interval(1) > 300s);
}

TEST_CASE("a target that got quick again is polled as before") {
  LoadBudget budget(0.02, {0s});
  Poll(budget, {1s}, 10s, 100);
  REQUIRE(budget.Interval(0) > 40s);
  Poll(budget, {20ms}, 10s, 300, 2h);
  CHECK(budget.Interval(0) == 0s);
}

TEST_CASE("after an outage all collectors run") {
  LoadBudget budget(0.02, {0s});
  Poll(budget, {1s}, 10s, 100);
  const MonoTime last = 1h + 990s;
  REQUIRE_FALSE(budget.Due({true}, last + 1s)[0]);
  budget.Forget();
  CHECK(budget.Due({true}, last + 2s)[0]);
}
