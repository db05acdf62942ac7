#include "filter/fragment_filter.hpp"

#include "core/exposition/page_fixture.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace pillion::test {
namespace {

// The page that a fragment alone makes, without HELP and TYPE.
std::string Samples(FragmentPtr fragment) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->instance = "one";
  snapshot->fragments.push_back(std::move(fragment));
  std::string out;
  const std::string page = Text(std::vector<SnapshotPtr>{snapshot});
  for (size_t at = 0; at < page.size();) {
    const size_t end = page.find('\n', at) + 1;
    if (page[at] != '#') out += page.substr(at, end - at);
    at = end;
  }
  return out;
}

struct Shown {
  std::string samples;
  Drops drops;
};

Shown Through(FragmentFilter& filter, Maker& maker) {
  Shown shown;
  shown.samples = Samples(filter.Apply(maker.Build(), shown.drops));
  return shown;
}

Shown Through(const FilterConfig& config, Maker& maker) {
  FragmentFilter filter(config);
  return Through(filter, maker);
}

void AddThree(Maker& maker) {
  maker.Value("app_reads_total", MetricType::kCounter, {{"table", "a"}, {"node", "n1"}}, 1);
  maker.Value("app_reads_total", MetricType::kCounter, {{"table", "b"}, {"node", "n1"}}, 2);
  maker.Value("app_size_bytes", MetricType::kGauge, {{"table", "a"}, {"node", "n1"}}, 3);
  maker.Gauge("other", 4);
}

}  // namespace

TEST_CASE("a filter that says nothing gives the same fragment") {
  Maker maker;
  AddThree(maker);
  const FragmentPtr fragment = maker.Build();
  Drops drops;
  CHECK(FragmentFilter({}).Apply(fragment, drops) == fragment);
  FilterConfig matches_nothing;
  matches_nothing.drop = {"app"};  // the whole name must match
  CHECK(FragmentFilter(matches_nothing).Apply(fragment, drops) == fragment);
}

TEST_CASE("keep names the families that stay and drop is applied after it") {
  Maker maker;
  AddThree(maker);
  CHECK(
      Through({.keep = {"app_.*", "nothing"}, .drop = {".*_bytes"}, .rules = {}}, maker).samples ==
      "app_reads_total{table=\"a\",node=\"n1\"} 1\n"
      "app_reads_total{table=\"b\",node=\"n1\"} 2\n");
  AddThree(maker);
  CHECK(Through({.keep = {}, .drop = {"app_.*", "other"}, .rules = {}}, maker).samples.empty());
}

TEST_CASE("a dropped label goes and what becomes equal by that is counted") {
  Maker maker(LabelPairs{{"team", "x"}});
  AddThree(maker);
  FamilyRule no_node, no_table;
  no_node.drop_labels = {"node"};
  no_table.families = "app_reads_.*";
  no_table.drop_labels = {"table"};
  const Shown shown = Through({.keep = {}, .drop = {}, .rules = {no_node, no_table}}, maker);
  CHECK(shown.samples ==
        "app_reads_total{team=\"x\"} 1\n"
        "app_size_bytes{table=\"a\",team=\"x\"} 3\n"
        "other{team=\"x\"} 4\n");
  CHECK(shown.drops.count[static_cast<size_t>(DropReason::kDuplicate)] == 1);
  CHECK(shown.drops.total() == 1);
}

TEST_CASE("an added label replaces one of its name and is escaped") {
  Maker maker;
  AddThree(maker);
  FamilyRule rule;
  rule.families = "app_size_bytes|other";
  rule.add_labels = {{"node", "a\"b\\c\nd"}, {"zone", "z"}};
  CHECK(
      Through({.keep = {"app_size_bytes", "other"}, .drop = {}, .rules = {rule}}, maker).samples ==
      "app_size_bytes{table=\"a\",node=\"a\\\"b\\\\c\\nd\",zone=\"z\"} 3\n"
      "other{node=\"a\\\"b\\\\c\\nd\",zone=\"z\"} 4\n");
}

TEST_CASE("families are renamed by groups and stay in order of their names") {
  Maker maker;
  AddThree(maker);
  FamilyRule rule;
  rule.families = "app_(.*)";
  rule.rename = "z_\\1";
  CHECK(Through({.keep = {}, .drop = {}, .rules = {rule}}, maker).samples ==
        "other 4\n"
        "z_reads_total{table=\"a\",node=\"n1\"} 1\n"
        "z_reads_total{table=\"b\",node=\"n1\"} 2\n"
        "z_size_bytes{table=\"a\",node=\"n1\"} 3\n");
}

TEST_CASE("two families with one name after renaming are one with their doubles counted once") {
  Maker maker;
  maker.Value("a_x", MetricType::kGauge, {{"l", "1"}}, 1);
  maker.Value("b_x", MetricType::kGauge, {{"l", "1"}}, 2);
  maker.Value("b_x", MetricType::kGauge, {{"l", "2"}}, 3);
  FamilyRule rule;
  rule.families = "._x";
  rule.rename = "x";
  CHECK(Through({.keep = {}, .drop = {}, .rules = {rule}}, maker).samples ==
        "x{l=\"1\"} 1\nx{l=\"2\"} 3\n");
}

TEST_CASE("a rename that gives no metric name leaves the name") {
  Maker maker;
  AddThree(maker);
  FamilyRule rule;
  rule.families = "other()";
  rule.rename = "\\1";
  CHECK(Through({.keep = {"other"}, .drop = {}, .rules = {rule}}, maker).samples == "other 4\n");
}

TEST_CASE("histograms and summaries and notes keep their numbers") {
  Maker maker;
  for (const char* node : {"n1", "n2"}) {
    const uint32_t h = maker.Family("h_seconds", MetricType::kHistogram);
    maker.Histogram(h, {{"node", node}}, {0.1, 1}, {1, 3}, 4, 9.5);
    maker.Exemplar("trace", node, 0.5, 12);
  }
  const uint32_t s = maker.Family("s_seconds", MetricType::kSummary);
  maker.Summary(s, {{"node", "n1"}}, {0.5, 0.9}, {7, 8}, 2, 15);
  maker.Value("c_total", MetricType::kCounter, {{"node", "n1"}}, 1);
  maker.Value("gone", MetricType::kGauge, {}, 1);
  FamilyRule rule;
  rule.add_labels = {{"k", "v"}};
  FilterConfig config{.keep = {}, .drop = {"gone|c_total"}, .rules = {rule}};
  FragmentFilter filter(config);
  Drops drops;
  const FragmentPtr fragment = filter.Apply(maker.Build(), drops);
  CHECK(Samples(fragment) ==
        "h_seconds_bucket{node=\"n1\",k=\"v\",le=\"0.1\"} 1\n"
        "h_seconds_bucket{node=\"n1\",k=\"v\",le=\"1.0\"} 3\n"
        "h_seconds_bucket{node=\"n1\",k=\"v\",le=\"+Inf\"} 4\n"
        "h_seconds_sum{node=\"n1\",k=\"v\"} 9.5\n"
        "h_seconds_count{node=\"n1\",k=\"v\"} 4\n"
        "h_seconds_bucket{node=\"n2\",k=\"v\",le=\"0.1\"} 1\n"
        "h_seconds_bucket{node=\"n2\",k=\"v\",le=\"1.0\"} 3\n"
        "h_seconds_bucket{node=\"n2\",k=\"v\",le=\"+Inf\"} 4\n"
        "h_seconds_sum{node=\"n2\",k=\"v\"} 9.5\n"
        "h_seconds_count{node=\"n2\",k=\"v\"} 4\n"
        "s_seconds{node=\"n1\",k=\"v\",quantile=\"0.5\"} 7\n"
        "s_seconds{node=\"n1\",k=\"v\",quantile=\"0.9\"} 8\n"
        "s_seconds_sum{node=\"n1\",k=\"v\"} 15\n"
        "s_seconds_count{node=\"n1\",k=\"v\"} 2\n");
  REQUIRE(fragment->notes.size() == 2);
  CHECK(fragment->notes[1].family == 0);
  CHECK(fragment->notes[1].point == 1);
  CHECK(fragment->notes[1].exemplars[0].labels == "trace=\"n2\"");
}

TEST_CASE("a filter decides once for each family and remembers") {
  pillion_metric metric{};
  metric.size = sizeof metric;
  metric.name = ToStr("app_size_bytes");
  metric.type = PILLION_TYPE_GAUGE;
  const FamilyTable table = FamilyTable::FromC(&metric, 1, 1, nullptr);
  FragmentBuilder builder(&table, {});
  FamilyRule rule;
  rule.add_labels = {{"k", "v"}};
  FragmentFilter filter({.keep = {}, .drop = {}, .rules = {rule}});
  FamilyPtr first;
  for (int round = 0; round < 3; ++round) {
    builder.Add(0, 0, round);
    Drops drops;
    const FragmentPtr fragment = filter.Apply(builder.Build(0), drops);
    if (first == nullptr) first = fragment->families[0].family;
    CHECK(fragment->families[0].family == first);
  }
}

}  // namespace pillion::test
