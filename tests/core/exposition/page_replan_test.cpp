// A plan made out of the last one is the plan that would have been made from nothing.
#include "exposition/page_replan.hpp"

#include "core/exposition/page_fixture.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

namespace pillion::test {
namespace {

// An instance that keeps its families between polls, as an exporter does.
class Instance {
 public:
  explicit Instance(std::string name) : name_(std::move(name)) {
    table_ = FamilyTable::FromC(metrics_.data(), metrics_.size(), 1, nullptr);
  }

  SnapshotPtr Poll(const std::function<void(FragmentBuilder&)>& fill) {
    fill(builder_);
    auto snapshot = std::make_shared<pillion::Snapshot>();
    snapshot->instance = name_;
    snapshot->fragments.push_back(builder_.Build(0));
    return snapshot;
  }

 private:
  static pillion_metric Metric(std::string_view name, uint32_t type, bool labelled) {
    static const pillion_str label = ToStr("l");
    pillion_metric metric{};
    metric.size = sizeof metric;
    metric.name = ToStr(name);
    metric.type = type;
    metric.labels = &label;
    metric.label_count = labelled ? 1 : 0;
    return metric;
  }

  std::string name_;
  std::vector<pillion_metric> metrics_ = {Metric("a_total", PILLION_TYPE_COUNTER, true),
                                          Metric("b", PILLION_TYPE_GAUGE, false),
                                          Metric("c_seconds", PILLION_TYPE_HISTOGRAM, false),
                                          Metric("d_info", PILLION_TYPE_INFO, true)};
  FamilyTable table_;
  FragmentBuilder builder_{&table_, {}};
};

void AddLabelled(FragmentBuilder& builder, uint32_t family, const std::string& label,
                 double value) {
  const pillion_str text = ToStr(label);
  builder.Add(family, builder.MakeLabels(family, &text, 1), value);
}

void Fill(FragmentBuilder& builder, double value) {
  AddLabelled(builder, 0, "x", value);
  AddLabelled(builder, 0, "y", value + 1);
  builder.Add(1, 0, -value);
  const double bounds[] = {0.1, 1}, counts[] = {value, value + 2};
  pillion_histogram h{};
  h.size = sizeof h;
  h.bounds = bounds;
  h.cumulative_counts = counts;
  h.bucket_count = 2;
  h.count = value + 3;
  h.sum = value;
  builder.AddHistogram(2, 0, h);
  AddLabelled(builder, 3, "v1", 1);
}

using Page = std::vector<SnapshotPtr>;

void CheckSame(const PagePlan& plan, const Page& page) {
  const auto wanted = MakePagePlan(page);
  CHECK(Text(plan) == Text(*wanted));
  CHECK(OpenMetrics(plan) == OpenMetrics(*wanted));
  CHECK(plan.families.size() == wanted->families.size());
}

}  // namespace

TEST_CASE("new values of the same series need no new plan") {
  Instance one("one");
  const auto last = MakePagePlan(Page{one.Poll([](auto& b) { Fill(b, 1); })});
  const Page next{one.Poll([](auto& b) { Fill(b, 7); })};
  const auto plan = Replan(last, next).plan;
  REQUIRE(plan != nullptr);
  CheckSame(*plan, next);
  CHECK(plan->fragments[0] == next[0]->fragments[0]);
}

TEST_CASE("more series of the same families need no new plan where each has one fragment") {
  Instance one("one");
  const auto last = MakePagePlan(Page{one.Poll([](auto& b) { Fill(b, 1); })});
  const Page next{one.Poll([](auto& b) {
    Fill(b, 7);
    AddLabelled(b, 0, "z", 3);
  })};
  const auto plan = Replan(last, next).plan;
  REQUIRE(plan != nullptr);
  CheckSame(*plan, next);
}

TEST_CASE("another set of families or of fragments needs a new plan") {
  Instance one("one"), two("two");
  const Page page{one.Poll([](auto& b) { Fill(b, 1); })};
  const auto last = MakePagePlan(page);
  CHECK(Replan(last, Page{one.Poll([](auto& b) { b.Add(1, 0, 1); })}).plan == nullptr);
  CHECK(Replan(last, Page{page[0], two.Poll([](auto& b) { Fill(b, 1); })}).plan == nullptr);
  CHECK(Replan(last, Page{}).plan == nullptr);
  CHECK(Replan(last, Page{two.Poll([](auto& b) { Fill(b, 1); })}).plan == nullptr);
}

TEST_CASE("a value that its type may not have in OpenMetrics needs a new plan") {
  Instance one("one");
  const auto last = MakePagePlan(Page{one.Poll([](auto& b) { Fill(b, 1); })});
  REQUIRE(last->openmetrics_clean);
  const Page next{one.Poll([](auto& b) {
    Fill(b, 1);
    AddLabelled(b, 0, "negative", -1);
  })};
  CHECK(Replan(last, next).plan == nullptr);
  CHECK_FALSE(MakePagePlan(next, {}, {}, last)->openmetrics_clean);
}

TEST_CASE("families of several fragments need the same series") {
  Instance one("one"), two("two");
  const auto first = [](auto& b) { AddLabelled(b, 0, "x", 1); };
  const auto second = [](auto& b) { AddLabelled(b, 0, "y", 1); };
  const auto last = MakePagePlan(Page{one.Poll(first), two.Poll(second)});
  const Page same{one.Poll(first), two.Poll(second)};
  const auto plan = Replan(last, same).plan;
  REQUIRE(plan != nullptr);
  CheckSame(*plan, same);
  const Page collides{one.Poll(first), two.Poll(first)};
  CHECK(Replan(last, collides).plan == nullptr);
  const auto merged = MakePagePlan(collides, {}, {}, last);
  CHECK(merged->drops->total() == 1);
  // What had drops is never a pattern for the next.
  CHECK(Replan(merged, Page{one.Poll(first), two.Poll(first)}).plan == nullptr);
}

TEST_CASE("whatever changes from page to page the plan is that from nothing") {
  std::mt19937 random(20261122);
  Instance one("one"), two("two");
  std::shared_ptr<const PagePlan> last;
  size_t replanned = 0;
  for (int round = 0; round < 500; ++round) {
    const auto fill = [&](FragmentBuilder& builder) {
      if (random() % 8 == 0) builder.Add(1, 0, 1);
      if (random() % 8 > 0) Fill(builder, static_cast<double>(random() % 3));
      if (random() % 8 == 0) AddLabelled(builder, 3, "v1", static_cast<double>(random() % 2));
      if (random() % 8 == 0) AddLabelled(builder, 0, "n", static_cast<double>(random() % 3) - 1);
    };
    Page page{one.Poll(fill)};
    if (random() % 4 == 0) page.push_back(two.Poll(fill));
    if (last != nullptr && Replan(last, page).plan != nullptr) ++replanned;
    last = MakePagePlan(page, {}, {}, last);
    CheckSame(*last, page);
  }
  CHECK(replanned > 50);
}

}  // namespace pillion::test
