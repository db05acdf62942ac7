// FragmentBuilder: samples, distributions, exemplars, and the fragment they become.
#include "core/model/builder_fixture.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace pillion::test {
namespace {

using Strings = std::vector<std::string>;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST_CASE("samples are sorted by family and keep their order inside") {
  Builder builder;
  for (const char* c : {"2", "1", "3"}) builder.Add(kGaugeC, builder.Labels(kGaugeC, {c}), 1);
  builder.Add(kPlain, 0, 4);
  builder.Add(kGaugeC, builder.Labels(kGaugeC, {"0"}), 1);
  const auto fragment = builder.Build(7);
  CHECK(fragment->collector == 7);
  CHECK(Lines(*fragment) == Strings{R"(c_gauge{c="2"} 1)", R"(c_gauge{c="1"} 1)",
                                    R"(c_gauge{c="3"} 1)", R"(c_gauge{c="0"} 1)", "plain{} 4"});
}

TEST_CASE("fragments have ascending ids and building resets") {
  Builder builder;
  builder.Add(kPlain, 0, 1);
  const auto first = builder.Build(0), second = builder.Build(0);
  CHECK(first->id < second->id);
  CHECK(second->families.empty());
  CHECK(builder.sample_count() == 0);
}

TEST_CASE("labels that are kept outlive samples") {
  Builder builder;
  builder.KeepLabels();
  const LabelRef one = builder.Labels(kGaugeAB, {"1", ""}),
                 two = builder.Labels(kGaugeAB, {"2", ""});
  for (const double value : {1.0, 2.0}) {
    builder.Add(kGaugeAB, two, value);
    if (value == 2) builder.Add(kGaugeAB, one, 3);
    builder.Add(kPlain, 0, value);
    const auto fragment = builder.Build(0);
    REQUIRE(fragment->values.size() == (value == 2 ? 3 : 2));
    CHECK(fragment->values.back() == (value == 2 ? 3.0 : 1.0));
    CHECK(fragment->blocks[fragment->labels.back()] ==
          (value == 2 ? "a=\"1\"" : "a=\"2\"") + std::string(",b=\"\""));
  }
  builder.Reset();
  CHECK(builder.Labels(kGaugeAB, {"2", ""}) == two);
}

TEST_CASE("a reset forgets samples but not what was dropped") {
  Builder builder;
  builder.Add(kPlain, 0, 1);
  builder.Add(999, 0, 1);
  builder.Reset();
  CHECK(builder.Build(0)->families.empty());
  CHECK(builder.dropped(DropReason::kUndeclared) == 1);
}

TEST_CASE("the first of equal series stays") {
  Builder builder;
  builder.Add(kPlain, 0, 1);
  builder.Add(kPlain, 0, 2);
  const LabelRef labels = builder.Labels(kGaugeAB, {"1", "2"});
  builder.Add(kGaugeAB, labels, 3);
  builder.Add(kCounterAB, labels, 4);
  builder.Add(kGaugeAB, labels, 5);
  CHECK(Lines(*builder.Build(0)) ==
        Strings{R"(a_total{a="1",b="2"} 4)", "plain{} 1", R"(z_gauge{a="1",b="2"} 3)"});
  CHECK(builder.dropped(DropReason::kDuplicate) == 2);
  CHECK(builder.first_drop(DropReason::kDuplicate) == "plain{} stands twice");
}

TEST_CASE("where labels are open neither order nor empty values make another series") {
  Builder builder;
  builder.Add(kOpen, builder.Named({{"a", "1"}, {"b", "2"}}), 1);
  builder.Add(kOpen, builder.Named({{"b", "2"}, {"a", "1"}}), 2);
  builder.Add(kOpen, builder.Named({{"b", "2"}, {"x", ""}, {"a", "1"}}), 3);
  builder.Add(kOpen, builder.Named({{"x", ""}}), 4);
  builder.Add(kOpen, 0, 5);
  CHECK(Lines(*builder.Build(0)) == Strings{R"(open{a="1",b="2"} 1)", R"(open{x=""} 4)"});
  CHECK(builder.dropped(DropReason::kDuplicate) == 3);
}

TEST_CASE("samples of the wrong kind are dropped") {
  Builder builder;
  builder.Add(kHist, 0, 1);
  builder.Histogram(kPlain, {1}, {1}, 1);
  builder.Histogram(kSum, {1}, {1}, 1);
  builder.Summary(kHist, {0.5});
  builder.Summary(kPlain, {0.5});
  CHECK(builder.dropped(DropReason::kWrongType) == 5);
  CHECK(builder.Build(0)->families.empty());
}

TEST_CASE("histograms are kept without their last bucket") {
  Builder builder;
  builder.Histogram(kHist, {1, 2, kInf}, {1, 2, 3}, 3, 9);
  const auto fragment = builder.Build(0);
  REQUIRE(fragment->distributions.size() == 1);
  const Distribution& d = fragment->distributions[0];
  CHECK(d.size == 2);
  CHECK(d.count == 3);
  CHECK(d.sum == 9);
  CHECK(fragment->numbers == std::vector<double>{1, 2, 1, 2});
  CHECK(fragment->series() == 5);
}

TEST_CASE("histograms that cannot be true are dropped") {
  Builder builder;
  builder.Histogram(kHist, {2, 1}, {1, 1}, 1);  // bounds fall
  builder.Histogram(kHist, {1, 1}, {1, 1}, 1);  // a bound twice
  builder.Histogram(kHist, {kNan}, {1}, 1);     // no bound at all
  builder.Histogram(kHist, {1, 2}, {2, 1}, 3);  // counts fall
  builder.Histogram(kHist, {1}, {2}, 1);        // more than the count
  builder.Histogram(kHist, {1}, {-1}, 1);       // below zero
  builder.Histogram(kHist, {1}, {kNan}, 1);
  builder.Histogram(kHist, {}, {}, kNan);
  builder.Histogram(kHist, {}, {}, -1);
  CHECK(builder.dropped(DropReason::kInvalidValue) == 9);
  CHECK(builder.Build(0)->families.empty());
}

TEST_CASE("the labels le and quantile are refused where the format writes them itself") {
  Builder builder, constant(LabelPairs{{"le", "x"}}), quantile(LabelPairs{{"quantile", "x"}});
  builder.Histogram(kOpenHist, {1}, {1}, 1, 1, builder.Named({{"le", "1"}}));
  constant.Histogram(kHist, {1}, {1}, 1);
  quantile.Summary(kSum, {0.5});
  for (Builder* b : {&builder, &constant, &quantile}) {
    CHECK(b->dropped(DropReason::kInvalidName) == 1);
    CHECK(b->Build(0)->families.empty());
  }
  builder.Histogram(kOpenHist, {1}, {1}, 1, 1, builder.Named({{"quantile", "1"}, {"x", ",le="}}));
  builder.Add(kOpen, builder.Named({{"le", "1"}}), 1);
  CHECK(builder.Build(0)->families.size() == 2);
}

TEST_CASE("quantiles must ascend and may be any numbers") {
  Builder builder;
  builder.Summary(kSum, {50, 99, 99.9});
  builder.Summary(kSum, {0.9, 0.5});
  builder.Summary(kSum, {0.5, kNan});
  CHECK(builder.dropped(DropReason::kInvalidValue) == 2);
  const auto fragment = builder.Build(0);
  CHECK(fragment->distributions.size() == 1);
  CHECK(fragment->series() == 5);
}

struct Native {
  std::vector<int32_t> offsets = {0, 2};
  std::vector<uint32_t> lengths = {1, 2};
  std::vector<double> counts = {1, 2, 3};
  double count = 8, zero_count = 2, zero_threshold = 0.001;
  int32_t schema = 3;

  void AddTo(Builder& builder) const {
    pillion_native_histogram h{};
    h.size = sizeof h;
    h.schema = schema;
    h.zero_threshold = zero_threshold;
    h.zero_count = zero_count;
    h.count = count;
    h.sum = 1;
    h.positive_span_offsets = offsets.data();
    h.positive_span_lengths = lengths.data();
    h.positive_spans = offsets.size();
    h.positive_counts = counts.data();
    h.positive_buckets = counts.size();
    builder.AddNativeHistogram(kHist, 0, h);
  }
};

TEST_CASE("native histograms are kept whole") {
  Builder builder;
  Native().AddTo(builder);
  const auto fragment = builder.Build(0);
  REQUIRE(fragment->natives.size() == 1);
  CHECK(fragment->distributions[0].native == 0);
  CHECK(fragment->natives[0].positive_counts == std::vector<double>{1, 2, 3});
  CHECK(fragment->natives[0].positive_spans.size() == 2);
}

TEST_CASE("native histograms whose parts do not fit each other are dropped") {
  std::vector<Native> broken(11);
  broken[0].lengths = {1, 3};   // more buckets than counts
  broken[1].lengths = {1, 1};   // fewer
  broken[2].offsets = {0, -1};  // a gap below zero
  broken[3].counts = {1, -2, 3};
  broken[4].counts = {1, kNan, 3};
  broken[5].count = 7;  // fewer than in the buckets
  broken[6].count = kNan;
  broken[7].zero_count = -1;
  broken[8].zero_threshold = -1;
  broken[9].schema = 9;
  broken[10].schema = -5;
  for (const Native& native : broken) {
    Builder builder;
    native.AddTo(builder);
    CAPTURE(&native - broken.data());
    CHECK(builder.dropped(DropReason::kInvalidValue) == 1);
    CHECK(builder.Build(0)->families.empty());
  }
}

void Exemplar(Builder& builder, const LabelPairs& labels, double value = 1, double time = 2) {
  std::vector<pillion_str> names, values;
  for (const auto& [name, text] : labels) {
    names.push_back(ToStr(name));
    values.push_back(ToStr(text));
  }
  pillion_exemplar e{};
  e.size = sizeof e;
  e.label_names = names.data();
  e.label_values = values.data();
  e.label_count = labels.size();
  e.value = value;
  e.timestamp_seconds = time;
  builder.AddExemplar(e);
}

TEST_CASE("exemplars and created times belong to the sample before them") {
  Builder builder;
  Exemplar(builder, {{"t", "nobody's"}});
  builder.Add(kPlain, 0, 1);
  builder.Add(kGaugeC, builder.Labels(kGaugeC, {"x"}), 1);
  Exemplar(builder, {{"t", "\"1\""}}, 5, 6);
  Exemplar(builder, {}, 7, kInf);
  builder.AddCreated(100);
  builder.Add(kGaugeC, 999, 1);  // dropped, and its exemplar with it
  Exemplar(builder, {{"t", "dropped"}});
  const auto fragment = builder.Build(0);
  REQUIRE(fragment->notes.size() == 1);
  const SampleNote& note = fragment->notes[0];
  CHECK(fragment->families[note.family].family->name == "c_gauge");
  CHECK(note.point == fragment->families[note.family].first);
  CHECK(note.created_seconds == 100);
  REQUIRE(note.exemplars.size() == 2);
  CHECK(note.exemplars[0].labels == R"(t="\"1\"")");
  CHECK(note.exemplars[0].value == 5);
  CHECK(note.exemplars[0].timestamp_seconds == 6);
  CHECK(note.exemplars[1].labels == "");
  CHECK(std::isnan(note.exemplars[1].timestamp_seconds));  // infinity is no time
}

TEST_CASE("notes find their samples after sorting and dropping of duplicates") {
  Builder builder;
  builder.Add(kPlain, 0, 1);
  builder.AddCreated(1);
  builder.Add(kGaugeC, builder.Labels(kGaugeC, {"x"}), 1);
  builder.Add(kGaugeC, builder.Labels(kGaugeC, {"x"}), 2);
  builder.AddCreated(2);  // of a duplicate
  builder.Add(kGaugeC, builder.Labels(kGaugeC, {"y"}), 3);
  builder.AddCreated(3);
  const auto fragment = builder.Build(0);
  REQUIRE(fragment->notes.size() == 2);
  CHECK(fragment->notes[0].created_seconds == 3);
  CHECK(fragment->notes[0].family == 0);
  CHECK(fragment->notes[0].point == 1);
  CHECK(fragment->notes[1].created_seconds == 1);
  CHECK(fragment->notes[1].point == 2);
}

TEST_CASE("exemplars that OpenMetrics forbids are dropped") {
  Builder builder;
  builder.Add(kPlain, 0, 1);
  Exemplar(builder, {{"__a", "x"}});
  Exemplar(builder, {{"a", "x"}, {"a", "y"}});
  Exemplar(builder, {{"a", std::string(128, 'x')}});
  CHECK(builder.dropped(DropReason::kInvalidName) == 2);
  CHECK(builder.dropped(DropReason::kLimit) == 1);
  std::string characters;
  for (int i = 0; i < 127; ++i) characters += "\xC3\xA9";  // two bytes each, and one for the name
  Exemplar(builder, {{"a", characters}});
  CHECK(builder.Build(0)->notes[0].exemplars.size() == 1);
}

TEST_CASE("the numbers of samples and buckets and exemplars are bounded") {
  FragmentLimits limits;
  limits.samples_max = 5;
  limits.numbers_max = 10;
  limits.exemplars_max = 2;
  Builder builder({}, limits);
  builder.Add(kPlain, 0, 1);
  for (int i = 0; i < 5; ++i) Exemplar(builder, {});
  CHECK(builder.dropped(DropReason::kLimit) == 3);
  builder.Histogram(kHist, {1, 2, 3}, {1, 2, 3}, 3);
  builder.Histogram(kHist, {1, 2, 3}, {1, 2, 3}, 3);
  builder.Summary(kSum, {0.1, 0.2, 0.3});
  Native().AddTo(builder);
  CHECK(builder.dropped(DropReason::kLimit) == 6);
  for (int i = 0; i < 5; ++i) builder.Add(kOpen, builder.Named({{"i", std::to_string(i)}}), 1);
  CHECK(builder.dropped(DropReason::kLimit) == 8);
  CHECK(builder.sample_count() == 5);
}

TEST_CASE("series are counted as a page shows them") {
  Builder builder;
  builder.Add(kPlain, 0, 1);
  builder.Histogram(kHist, {1, 2}, {1, 2}, 3, kNan);  // two buckets, +Inf, count
  builder.Summary(kSum, {0.5});                       // one quantile, sum, count
  const auto fragment = builder.Build(0);
  CHECK(fragment->series() == 1 + 4 + 3);
  CHECK(fragment->bytes() > sizeof(Fragment));
}

TEST_CASE("drops are counted by reason and the first of each is described") {
  Drops one, two;
  one.Note(DropReason::kLimit, "first", 2);
  one.Note(DropReason::kLimit, "second");
  two.Note(DropReason::kLimit, "third");
  two.NoteParts(DropReason::kConflict, "a", std::string("b"), std::string_view("c"));
  one.Merge(two);
  CHECK(one.count[static_cast<size_t>(DropReason::kLimit)] == 4);
  CHECK(one.first[static_cast<size_t>(DropReason::kLimit)] == "first");
  CHECK(one.first[static_cast<size_t>(DropReason::kConflict)] == "abc");
  CHECK(one.total() == 5);
  one.Note(DropReason::kDuplicate, std::string(10'000, 'x'));
  CHECK(one.first[static_cast<size_t>(DropReason::kDuplicate)].size() ==
        Drops::kDescriptionBytesMax);
}

TEST_CASE("every reason has a name of its own") {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < kDropReasons; ++i) {
    const std::string_view name = ToString(static_cast<DropReason>(i));
    CHECK(name != "internal");
    for (const std::string_view other : names) CHECK(name != other);
    names.push_back(name);
  }
}

}  // namespace
}  // namespace pillion::test
