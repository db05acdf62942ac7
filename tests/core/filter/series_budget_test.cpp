#include "filter/series_budget.hpp"

#include "core/exposition/page_fixture.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pillion::test {
namespace {

// `sizes` series of the families f0, f1 ...
FragmentPtr Families(const std::vector<int>& sizes, uint32_t collector = 0, bool sums = false) {
  FamilyTable table;
  FragmentBuilder builder(&table, {{"team", "x"}});
  for (size_t f = 0; f < sizes.size(); ++f) {
    FamilyDesc desc;
    desc.name = "f" + std::to_string(f);
    desc.type = MetricType::kGauge;
    desc.label_names = {"i"};
    desc.sums_overflow = sums;
    const uint32_t family = builder.DeclareUnchecked(desc);
    for (int i = 0; i < sizes[f]; ++i) {
      const std::string text = std::to_string(i);
      const pillion_str value = ToStr(text);
      builder.Add(family, builder.MakeLabels(family, &value, 1), i);
    }
  }
  return builder.Build(collector);
}

std::vector<uint32_t> Sizes(const Fragment& fragment) {
  std::vector<uint32_t> sizes;
  for (const FamilyRange& range : fragment.families) sizes.push_back(range.count);
  return sizes;
}

// One collector's poll.
FragmentPtr Fit(SeriesBudget& budget, FragmentPtr fragment, Drops& drops) {
  FragmentPtr* const all[] = {&fragment};
  budget.Fit(all, drops);
  return fragment;
}

uint64_t Cut(const Drops& drops) { return drops.count[static_cast<size_t>(DropReason::kLimit)]; }

}  // namespace

TEST_CASE("what fits the budget is not touched") {
  SeriesBudget budget(10, 5);
  Drops drops;
  const FragmentPtr fragment = Families({5, 5});
  CHECK(Fit(budget, fragment, drops) == fragment);
  CHECK(Fit(budget, fragment, drops) == fragment);  // its own last run does not count
  CHECK(drops.total() == 0);
}

TEST_CASE("a family over its budget keeps its first series") {
  SeriesBudget budget(100, 5);
  Drops drops;
  const FragmentPtr fragment = Fit(budget, Families({3, 9}), drops);
  CHECK(Sizes(*fragment) == std::vector<uint32_t>{3, 5});
  CHECK(fragment->blocks[fragment->labels[7]] == "i=\"4\",team=\"x\"");
  CHECK(fragment->blocks.count() == 6);  // only what is used: the own labels and five more
  CHECK(Cut(drops) == 4);
  CHECK(drops.first[static_cast<size_t>(DropReason::kLimit)] ==
        "f1: 4 of its 9 series are over the budget");
}

TEST_CASE("an instance over its budget is cut where it is large") {
  SeriesBudget budget(30, 100);
  Drops drops;
  CHECK(Sizes(*Fit(budget, Families({4, 50, 12, 2}), drops)) ==
        std::vector<uint32_t>{4, 12, 12, 2});
  CHECK(Cut(drops) == 38);
}

TEST_CASE("the families of all collectors are cut to one height") {
  SeriesBudget budget(30, 100);
  Drops drops;
  FragmentPtr large = Families({50, 2}, 0), small = Families({4, 12}, 1);
  FragmentPtr* const poll[] = {&large, &small};
  budget.Fit(poll, drops);
  CHECK(Sizes(*large) == std::vector<uint32_t>{12, 2});
  CHECK(Sizes(*small) == std::vector<uint32_t>{4, 12});
  // The same again: what was cut before still wants its room and gets no more.
  large = Families({50, 2}, 0), small = Families({4, 12}, 1);
  budget.Fit(poll, drops);
  CHECK(Sizes(*large) == std::vector<uint32_t>{12, 2});
  // A collector of the other lane comes: it and the next polls share the room.
  CHECK(Sizes(*Fit(budget, Families({20}, 2), drops)) == std::vector<uint32_t>{8});
  large = Families({50, 2}, 0), small = Families({4, 12}, 1);
  budget.Fit(poll, drops);
  CHECK(Sizes(*large) == std::vector<uint32_t>{8, 2});
  CHECK(Sizes(*small) == std::vector<uint32_t>{4, 8});
  budget.Free(0);
  budget.Free(1);
  CHECK(Sizes(*Fit(budget, Families({20}, 2), drops)) == std::vector<uint32_t>{20});
}

TEST_CASE("a fragment that is shown again is cut as it was") {
  SeriesBudget budget(100, 5);
  Drops drops;
  const FragmentPtr shown = Families({3, 9});
  for (int i = 0; i < 3; ++i) {
    CHECK(Sizes(*Fit(budget, shown, drops)) == std::vector<uint32_t>{3, 5});
  }
  CHECK(Cut(drops) == 12);
  budget.Free(0);
  CHECK(Sizes(*Fit(budget, shown, drops)) == std::vector<uint32_t>{3, 5});
}

TEST_CASE("families that declare it show the sum of the rest") {
  SeriesBudget budget(100, 4);
  Drops drops;
  const FragmentPtr fragment = Fit(budget, Families({6, 4}, 0, /*sums=*/true), drops);
  CHECK(Sizes(*fragment) == std::vector<uint32_t>{4, 4});
  CHECK(fragment->values[3] == 3 + 4 + 5);
  CHECK(fragment->blocks[fragment->labels[3]] == "overflow=\"true\",team=\"x\"");
  CHECK(fragment->values[7] == 3);
  CHECK(Cut(drops) == 3);
}

TEST_CASE("histograms count with all their series and are cut as wholes") {
  Maker maker;
  for (const char* node : {"n1", "n2", "n3"}) {
    const uint32_t h = maker.Family("h_seconds", MetricType::kHistogram);
    maker.Histogram(h, {{"node", node}}, {0.1, 1}, {1, 3}, 4, 9.5);  // five series
  }
  SeriesBudget budget(14, 100);
  Drops drops;
  const FragmentPtr fragment = Fit(budget, maker.Build(), drops);
  CHECK(Sizes(*fragment) == std::vector<uint32_t>{2});
  CHECK(fragment->series() == 10);
  CHECK(Cut(drops) == 5);
}

}  // namespace pillion::test
