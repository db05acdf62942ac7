// FragmentBuilder: families and label sets.
#include "core/model/builder_fixture.hpp"

#include <doctest/doctest.h>

namespace pillion::test {
namespace {

using Strings = std::vector<std::string>;

TEST_CASE("a label set serves every family with the same labels") {
  Builder builder;
  const LabelRef labels = builder.Labels(kGaugeAB, {"1", "x\"y"});
  builder.Add(kGaugeAB, labels, 1);
  builder.Add(kCounterAB, labels, 2);
  CHECK(Lines(*builder.Build(0)) ==
        Strings{R"(a_total{a="1",b="x\"y"} 2)", R"(z_gauge{a="1",b="x\"y"} 1)"});
}

TEST_CASE("equal label sets are stored once") {
  Builder builder;
  CHECK(builder.Labels(kGaugeAB, {"1", "2"}) == builder.Labels(kCounterAB, {"1", "2"}));
  CHECK(builder.Labels(kGaugeAB, {"1", "2"}) != builder.Labels(kGaugeAB, {"2", "1"}));
  for (int i = 0; i < 5000; ++i) builder.Labels(kGaugeAB, {std::to_string(i % 1000), "x"});
  CHECK(builder.Build(0)->blocks.count() == 1 + 2 + 1000);
}

TEST_CASE("constant labels are on every sample") {
  Builder builder(LabelPairs{{"service", "\"s\""}});
  builder.Add(kPlain, 0, 1);
  builder.Add(kGaugeC, builder.Labels(kGaugeC, {"x"}), 2);
  builder.Add(kOpen, builder.Named({{"q", "y"}}), 3);
  builder.Add(kOpen, 0, 4);
  CHECK(Lines(*builder.Build(0)) ==
        Strings{R"(c_gauge{c="x",service="\"s\""} 2)", R"(open{q="y",service="\"s\""} 3)",
                R"(open{service="\"s\""} 4)", R"(plain{service="\"s\""} 1)"});
}

TEST_CASE("a label set that does not fit its family is dropped") {
  Builder builder;
  builder.Add(kGaugeC, builder.Labels(kGaugeAB, {"1", "2"}), 1);  // other names
  builder.Add(kGaugeAB, 0, 1);                                    // none
  builder.Add(kGaugeAB, 999, 1);                                  // made up
  builder.Add(kOpen, 999, 1);
  CHECK(builder.dropped(DropReason::kLabelMismatch) == 4);
  builder.Add(kGaugeAB, builder.Labels(kGaugeAB, {"1"}), 1);  // too few: counted once
  CHECK(builder.dropped(DropReason::kLabelMismatch) == 5);
  CHECK(builder.first_drop(DropReason::kLabelMismatch) == "c_gauge: the label set has other names");
  CHECK(builder.Build(0)->families.empty());
}

TEST_CASE("named labels fit a closed family that has the same names") {
  Builder builder;
  builder.Add(kGaugeAB, builder.Named({{"a", "1"}, {"b", "2"}}), 1);
  builder.Add(kGaugeAB, builder.Named({{"b", "1"}, {"a", "2"}}), 1);
  CHECK(builder.dropped(DropReason::kLabelMismatch) == 1);
  CHECK(Lines(*builder.Build(0)) == Strings{R"(z_gauge{a="1",b="2"} 1)"});
}

TEST_CASE("named labels with bad names are dropped") {
  Builder builder(LabelPairs{{"service", "s"}});
  for (const LabelPairs& pairs :
       {LabelPairs{{"", "x"}}, LabelPairs{{"a\xFF", "x"}}, LabelPairs{{"__name__", "x"}},
        LabelPairs{{"a", "x"}, {"a", "y"}}, LabelPairs{{"service", "x"}}}) {
    builder.Add(kOpen, builder.Named(pairs), 1);
  }
  CHECK(builder.dropped(DropReason::kInvalidName) == 5);
  CHECK(builder.Build(0)->families.empty());
}

TEST_CASE("label names that are not legacy ones are quoted in the block") {
  Builder builder(LabelPairs{{"my.service", "s"}});
  builder.Add(kOpen, builder.Named({{"a", "1"}, {"b c", "2"}}), 1);
  builder.Add(kOpen, builder.Named({{"x\"=\\\n", "3"}}), 2);
  builder.Add(kPlain, 0, 3);
  const std::vector<pillion_str> labels = {ToStr("\xC3\xA9"), ToStr("plain")};
  const uint32_t family = builder.Declare(MakeMetric("utf8", MetricType::kGauge, labels));
  builder.Add(family, builder.Labels(family, {"4", "5"}), 4);
  const FragmentPtr fragment = builder.Build(0);
  CHECK(fragment->blocks.may_have_quoted_names());
  CHECK(Lines(*fragment) == Strings{R"(open{a="1","b c"="2","my.service"="s"} 1)",
                                    R"(open{"x\"=\\\n"="3","my.service"="s"} 2)",
                                    R"(plain{"my.service"="s"} 3)",
                                    "utf8{\"\xC3\xA9\"=\"4\",plain=\"5\",\"my.service\"=\"s\"} 4"});
}

TEST_CASE("a fragment knows whether it may have quoted names") {
  Builder builder;
  builder.Add(kOpen, builder.Named({{"a", "x,"}}), 1);
  CHECK_FALSE(builder.Build(0)->blocks.may_have_quoted_names());
  builder.Add(kOpen, builder.Named({{"a.b", "x"}}), 1);
  CHECK(builder.Build(0)->blocks.may_have_quoted_names());
  builder.Add(kOpen, builder.Named({{"a", "x"}}), 1);
  const pillion_str name = ToStr("b.c"), value = ToStr("y");
  pillion_exemplar exemplar{};
  exemplar.size = sizeof exemplar;
  exemplar.label_names = &name;
  exemplar.label_values = &value;
  exemplar.label_count = 1;
  builder.AddExemplar(exemplar);
  CHECK(builder.Build(0)->blocks.may_have_quoted_names());
  builder.Add(kOpen, builder.Named({{"a", "x"}}), 1);
  CHECK_FALSE(builder.Build(0)->blocks.may_have_quoted_names());
}

TEST_CASE("a family whose label is a constant label is dropped because no page could show it") {
  Builder builder(LabelPairs{{"b", "constant"}});
  builder.Add(kGaugeAB, builder.Labels(kGaugeAB, {"1", "2"}), 1);
  builder.Add(kCounterAB, builder.Labels(kCounterAB, {"1", "2"}), 1);
  builder.Add(kGaugeC, builder.Labels(kGaugeC, {"1"}), 2);
  CHECK(builder.dropped(DropReason::kInvalidName) == 2);
  CHECK(Lines(*builder.Build(0)) == Strings{R"(c_gauge{c="1",b="constant"} 2)"});
}

TEST_CASE("long label values are cut between characters") {
  FragmentLimits limits;
  limits.label_value_bytes_max = 4;
  Builder builder({}, limits);
  builder.Add(kGaugeC, builder.Labels(kGaugeC, {"abc\xC3\xA9"}), 1);
  CHECK(Lines(*builder.Build(0)) == Strings{R"(c_gauge{c="abc"} 1)"});
}

TEST_CASE("the host's own families keep their label sets apart") {
  Builder builder;
  FamilyDesc one, two;
  one.name = "one";
  one.label_names = {"a"};
  one.type = two.type = MetricType::kGauge;
  two.name = "two";
  two.label_names = {"b"};
  const uint32_t first = builder.DeclareUnchecked(one), second = builder.DeclareUnchecked(two);
  const LabelRef labels = builder.Labels(first, {"x"});
  builder.Add(first, labels, 1);
  builder.Add(second, labels, 1);
  CHECK(builder.dropped(DropReason::kLabelMismatch) == 1);
}

TEST_CASE("families are declared once and the first type stands") {
  Builder builder;
  const uint32_t family = builder.Declare(MakeMetric("extra", MetricType::kGauge));
  CHECK(builder.Declare(MakeMetric("extra", MetricType::kGauge)) == family);
  CHECK(builder.Declare(MakeMetric("extra", MetricType::kCounter)) == PILLION_NO_FAMILY);
  CHECK(builder.dropped(DropReason::kWrongType) == 1);
  builder.Add(family, 0, 1);
  builder.Add(PILLION_NO_FAMILY, 0, 1);  // counted when it was refused
  CHECK(Lines(*builder.Build(0)) == Strings{"extra{} 1"});
  CHECK(builder.dropped(DropReason::kUndeclared) == 0);
}

TEST_CASE("a family of the table cannot be declared with another type") {
  Builder builder;
  const std::string name = Table().at(kGaugeC)->name;
  CHECK(builder.Declare(MakeMetric(name.c_str(), MetricType::kCounter)) == PILLION_NO_FAMILY);
  CHECK(builder.dropped(DropReason::kWrongType) == 1);
  CHECK(builder.Declare(MakeMetric(name.c_str(), MetricType::kGauge)) != PILLION_NO_FAMILY);
  CHECK(builder.dropped(DropReason::kWrongType) == 1);
}

TEST_CASE("bad declarations are refused and named") {
  Builder builder;
  CHECK(builder.Declare(MakeMetric("\xFF", MetricType::kGauge)) == PILLION_NO_FAMILY);
  CHECK(builder.Declare(MakeMetric("a_*", MetricType::kGauge, {}, PILLION_METRIC_PATTERN)) ==
        PILLION_NO_FAMILY);
  CHECK(builder.dropped(DropReason::kInvalidName) == 2);
}

TEST_CASE("a declaration lasts until the reset and may change after it") {
  Builder builder;
  const uint32_t family = builder.Declare(MakeMetric("extra", MetricType::kGauge));
  builder.Reset();
  builder.Add(family, 0, 1);
  CHECK(builder.dropped(DropReason::kUndeclared) == 1);
  const uint32_t changed = builder.Declare(MakeMetric("extra", MetricType::kCounter));
  builder.Add(changed, 0, 1);
  CHECK(builder.Build(0)->families[0].family->type == MetricType::kCounter);
}

TEST_CASE("a fragment keeps the families it was built with") {
  Builder builder;
  builder.Add(builder.Declare(MakeMetric("extra", MetricType::kGauge)), 0, 1);
  const auto before = builder.Build(0);
  builder.Add(builder.Declare(MakeMetric("extra", MetricType::kCounter)), 0, 1);
  builder.Build(0);
  CHECK(before->families[0].family->type == MetricType::kGauge);
}

TEST_CASE("the numbers of families and label sets and labels are bounded") {
  FragmentLimits limits;
  limits.families_max = 4;
  limits.label_blocks_max = 3;
  limits.labels_per_sample_max = 2;
  Builder builder({}, limits);
  for (int i = 0; i < 10; ++i) {
    builder.Declare(MakeMetric("f" + std::to_string(i), MetricType::kGauge));
  }
  CHECK(builder.dropped(DropReason::kLimit) == 6);
  for (int i = 0; i < 10; ++i) builder.Labels(kGaugeC, {std::to_string(i)});
  CHECK(builder.dropped(DropReason::kLimit) == 6 + 8);
  builder.Named({{"a", ""}, {"b", ""}, {"c", ""}});
  CHECK(builder.dropped(DropReason::kLimit) == 6 + 8 + 1);
}

}  // namespace
}  // namespace pillion::test
