#include "poll/cost_estimate.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace pillion;
using namespace std::chrono_literals;

namespace {

// Costs around 100 ms, half of them within 70 and 140 ms.
class Costs {
 public:
  MonoTime Next(MonoTime median = 100ms) {
    const double factor = std::lognormal_distribution<double>(0, 0.5)(random_);
    return MonoTime(static_cast<int64_t>(static_cast<double>(median.count()) * factor));
  }

 private:
  std::mt19937_64 random_{7};
};

int LongerThan(const CostEstimate& estimate, int of) {
  Costs costs;
  int longer = 0;
  for (int i = 0; i < of; ++i) longer += costs.Next() > estimate.High() ? 1 : 0;
  return longer;
}

}  // namespace

TEST_CASE("nothing is expected of polls before the first") { CHECK(CostEstimate().High() == 0s); }

TEST_CASE(
    "of many polls one in a hundred and more than one in a thousand take longer than the high") {
  CostEstimate estimate;
  Costs costs;
  for (int i = 0; i < 3000; ++i) estimate.Add(costs.Next());
  const int longer = LongerThan(estimate, 10'000);
  CHECK(longer < 100);
  CHECK(longer > 10);
}

TEST_CASE("of few polls the high is lower") {
  CostEstimate few, many;
  Costs costs;
  for (int i = 0; i < 10; ++i) few.Add(costs.Next());
  for (int i = 0; i < 1000; ++i) many.Add(costs.Next());
  CHECK(few.High() > 150ms);
  CHECK(few.High() < many.High());
}

TEST_CASE("nothing is expected above what was seen of late") {
  CostEstimate estimate;
  // Half at 10 ms and half at a bound of 100 ms: no log-normal distribution ends like that.
  for (int i = 0; i < 1000; ++i) estimate.Add(i % 2 == 0 ? 10ms : 100ms);
  CHECK(estimate.High() > 99ms);
  CHECK(estimate.High() < 101ms);
}

TEST_CASE("a target that became slower or quicker is learnt anew within moments") {
  CostEstimate estimate;
  Costs costs;
  for (int i = 0; i < 1000; ++i) estimate.Add(costs.Next());
  for (int i = 0; i < 10; ++i) estimate.Add(costs.Next(10s));
  CHECK(estimate.High() > 10s);
  for (int i = 0; i < 3 * CostEstimate::kBelowToForget; ++i) estimate.Add(costs.Next());
  CHECK(estimate.High() < 1s);
}
