#include "core/parse/cases.hpp"
#include "core/parse/wire_writer.hpp"

#include <limits>

namespace pillion::testing {
namespace {

using Strings = std::vector<std::string>;
constexpr auto kProtobuf = parse::Syntax::kProtobuf;
constexpr double kInf = std::numeric_limits<double>::infinity();

// The events without their positions.
Strings Events(const std::string& page, const parse::Limits& limits = {}) {
  Strings events = ParseEvents(kProtobuf, page, 0, limits);
  CHECK(ParseEvents(kProtobuf, page, 1, limits) == events);
  for (std::string& event : events) event.erase(0, event.find(' ') + 1);
  return events;
}

// Of the metrics of one family called a.
Strings MetricEvents(int type, const std::string& metric) {
  Strings events = Events(FamilyMessage("a", type, MetricField(metric)));
  REQUIRE(events.size() > 2);
  CHECK(events.front() == "help a x");
  CHECK(events.back() == "end");
  return {events.begin() + 2, events.end() - 1};
}

std::string Value(uint32_t field, double value) { return BytesField(field, DoubleField(1, value)); }

std::string Exemplar(uint32_t field) {
  return BytesField(field, LabelField("t", "x") + DoubleField(2, 0.5) +
                               TimestampField(3, 1700000000, 250'000'000));
}

TEST_CASE("families of protobuf with one value are read") {
  const std::string labels = LabelField("b", "c\n") + LabelField("d e", "");
  CHECK(Events(FamilyMessage("a_total", kCounter, MetricField(labels + Value(3, 1.5)))) ==
        Strings{"help a_total x", "type a_total counter",
                "sample a_total{b=\"c\n\",\"d e\"=\"\"} 1.5", "end"});
  CHECK(MetricEvents(kGauge, Value(2, -1) + VarintField(6, 1'700'000'000'500)) ==
        Strings{"sample a -1 @1700000000.5"});
  CHECK(MetricEvents(kUntyped, Value(5, std::nan(""))) == Strings{"sample a NaN"});
  CHECK(MetricEvents(kGauge, BytesField(2, "")) == Strings{"sample a 0"});
}

TEST_CASE("counters of protobuf have exemplars and the time of their creation") {
  const std::string counter = DoubleField(1, 3) + Exemplar(2) + TimestampField(3, 1600000000, 0);
  CHECK(MetricEvents(kCounter, BytesField(3, counter)) ==
        Strings{"created a 1600000000", "sample a 3 # {t=\"x\"} 0.5 @1700000000.25"});
}

TEST_CASE("summaries of protobuf become quantiles sum and count") {
  const std::string summary = VarintField(1, 10) + DoubleField(2, 4.5) +
                              BytesField(3, DoubleField(1, 0.5) + DoubleField(2, 1)) +
                              BytesField(3, DoubleField(1, 1) + DoubleField(2, 2));
  CHECK(MetricEvents(kSummary, LabelField("b", "c") + BytesField(4, summary)) ==
        Strings{"sample a{b=\"c\",quantile=\"0.5\"} 1", "sample a{b=\"c\",quantile=\"1.0\"} 2",
                "sample a_sum{b=\"c\"} 4.5", "sample a_count{b=\"c\"} 10"});
}

TEST_CASE("histograms of protobuf become buckets sum and count") {
  const auto bucket = [](uint64_t count, double bound, const std::string& more) {
    return BytesField(3, VarintField(1, count) + DoubleField(2, bound) + more);
  };
  const std::string sums = VarintField(1, 4) + DoubleField(2, 9);
  CHECK(MetricEvents(kHistogram, BytesField(7, sums + bucket(1, 0.5, Exemplar(3)))) ==
        Strings{"sample a_bucket{le=\"0.5\"} 1 # {t=\"x\"} 0.5 @1700000000.25",
                "sample a_bucket{le=\"+Inf\"} 4", "sample a_sum 9", "sample a_count 4"});
  CHECK(MetricEvents(kGaugeHistogram,
                     LabelField("b", "c") + BytesField(7, sums + bucket(4, kInf, ""))) ==
        Strings{"sample a_bucket{b=\"c\",le=\"+Inf\"} 4", "sample a_sum{b=\"c\"} 9",
                "sample a_count{b=\"c\"} 4"});
  // Floats override the whole numbers, wherever they stand.
  CHECK(MetricEvents(kHistogram, BytesField(7, DoubleField(4, 4.5) + sums +
                                                   bucket(1, 1, DoubleField(4, 1.5)))) ==
        Strings{"sample a_bucket{le=\"1.0\"} 1.5", "sample a_bucket{le=\"+Inf\"} 4.5",
                "sample a_sum 9", "sample a_count 4.5"});
  // Unless they are 0.
  CHECK(MetricEvents(kHistogram,
                     BytesField(7, sums + DoubleField(4, 0) + bucket(1, 1, DoubleField(4, 0)))) ==
        Strings{"sample a_bucket{le=\"1.0\"} 1", "sample a_bucket{le=\"+Inf\"} 4", "sample a_sum 9",
                "sample a_count 4"});
  CHECK(MetricEvents(kHistogram, BytesField(7, "")) ==
        Strings{"sample a_bucket{le=\"+Inf\"} 0", "sample a_sum 0", "sample a_count 0"});
}

std::string SpanField(uint32_t field, int64_t offset, uint64_t length) {
  return BytesField(field, SignedField(1, offset) + VarintField(2, length));
}

TEST_CASE("native histograms of protobuf have absolute counts") {
  const std::string head = VarintField(1, 12) + DoubleField(2, 18.4) + SignedField(5, -3) +
                           DoubleField(6, 0.001) + VarintField(7, 2);
  const std::string deltas = SpanField(12, -1, 2) + SpanField(12, 3, 1) + SignedField(13, 1) +
                             SignedField(13, 2) + SignedField(13, -1) + SpanField(9, 0, 1) +
                             SignedField(10, 4);
  CHECK(MetricEvents(kHistogram, BytesField(7, head + deltas)) ==
        Strings{"native a schema -3 zero 0.001 2 count 12 sum 18.4 +[-1,2][3,1] 1 3 2 -[0,1] 4"});
  const std::string packed =
      SpanField(12, 0, 2) + BytesField(13, Varint(2) + Varint(3));  // zigzag of 1 and -2
  CHECK(MetricEvents(kHistogram, BytesField(7, head + packed)) ==
        Strings{"native a schema -3 zero 0.001 2 count 12 sum 18.4 +[0,2] 1 -1 -"});
  const std::string floats = SpanField(9, 0, 2) + BytesField(11, DoubleField(1, 0.5).substr(1) +
                                                                     DoubleField(1, 1.5).substr(1));
  CHECK(MetricEvents(kHistogram, BytesField(7, head + floats + Exemplar(16))) ==
        Strings{"native a schema -3 zero 0.001 2 count 12 sum 18.4 floats + -[0,2] 0.5 1.5 # "
                "{t=\"x\"} 0.5 @1700000000.25"});
}

TEST_CASE("a histogram may be classic and native at once") {
  const std::string both = VarintField(1, 1) + DoubleField(2, 1) +
                           BytesField(3, VarintField(1, 1) + DoubleField(2, 2)) +
                           DoubleField(6, 0.5) + VarintField(7, 1);
  CHECK(MetricEvents(kHistogram, BytesField(7, both)) ==
        Strings{"sample a_bucket{le=\"2.0\"} 1", "sample a_bucket{le=\"+Inf\"} 1", "sample a_sum 1",
                "sample a_count 1", "native a schema 0 zero 0.5 1 count 1 sum 1 + -"});
}

TEST_CASE("units stand behind the metrics wherever they were written") {
  const std::string head = BytesField(1, "a_s") + VarintField(3, kGauge);
  const std::string metric = MetricField(Value(2, 1)), unit = BytesField(5, "s");
  const Strings wanted = {"type a_s gauge", "sample a_s 1", "unit a_s s", "end"};
  CHECK(Events(Delimited(head + metric + unit)) == wanted);
  CHECK(Events(Delimited(head + unit + metric)) == wanted);
}

TEST_CASE("fields of a newer schema are passed over") {
  const std::string news = VarintField(99, 7) + BytesField(98, "new") + DoubleField(97, 1) +
                           Varint(96 << 3 | 5) + "1234" + BytesField(95, "");
  CHECK(Events(Delimited(news + BytesField(1, "a") + VarintField(3, kGauge) +
                         MetricField(news + Value(2, 1) + LabelField("b", "c")) + news)) ==
        Strings{"type a gauge", "sample a{b=\"c\"} 1", "end"});
}

TEST_CASE("families without metrics and pages without families are read") {
  CHECK(Events("").empty());
  CHECK(Events(FamilyMessage("a", kGauge, "")) == Strings{"help a x", "type a gauge", "end"});
  CHECK(Events(Delimited(BytesField(1, "a"))) == Strings{"type a counter", "end"});
}

TEST_CASE("a broken metric costs itself and the next one is read") {
  const std::string good = MetricField(Value(2, 1));
  const auto events = [&](const std::string& bad) {
    const Strings all = Events(FamilyMessage("a", kGauge, MetricField(bad) + good));
    REQUIRE(all.size() == 5);
    CHECK(all[3] == "sample a 1");
    return all[2];
  };
  CHECK(events("") == "error wire-format");
  CHECK(events(Value(3, 1)) == "error wire-format");
  CHECK(events(Value(2, 1) + Value(2, 2)) == "error wire-format");
  CHECK(events("\x0a") == "error wire-format");
  CHECK(events("\x0b\x01") == "error wire-format");
  CHECK(events(VarintField(2, 1)) == "error wire-format");
  CHECK(events(BytesField(2, VarintField(1, 1))) == "error wire-format");
  CHECK(events(LabelField("", "x") + Value(2, 1)) == "error label-name");
  CHECK(events(LabelField("b", "x") + LabelField("b", "y") + Value(2, 1)) ==
        "error duplicate-label");
  CHECK(events(LabelField("b", "\xff") + Value(2, 1)) == "error invalid-utf8");
}

TEST_CASE("a broken message costs itself and the next one is read") {
  const std::string next = FamilyMessage("b", kGauge, "", "");
  const auto first = [&](const std::string& bad) {
    const Strings all = Events(Delimited(bad) + next);
    REQUIRE(all.size() >= 4);
    CHECK(Strings(all.end() - 3, all.end()) == Strings{"help b ", "type b gauge", "end"});
    return all[all.size() - 4] == "end" ? all[all.size() - 5] : all[all.size() - 4];
  };
  const std::string name = BytesField(1, "a"), metric = MetricField(Value(2, 1));
  CHECK(first("") == "error field-order");
  CHECK(first(BytesField(1, "")) == "error metric-name");
  CHECK(first(metric) == "error field-order");
  CHECK(first(name + VarintField(3, kGauge) + metric + VarintField(3, kGauge)) ==
        "error field-order");
  CHECK(first(name + VarintField(3, kGauge) + metric + BytesField(2, "x")) == "error field-order");
  CHECK(first(name + VarintField(3, 6)) == "error unknown-type");
  CHECK(first(BytesField(1, "\xff")) == "error invalid-utf8");
  CHECK(first(VarintField(1, 1)) == "error wire-format");
  CHECK(first(name + Varint(4 << 3 | 2)) == "error wire-format");
  CHECK(first(name + Varint(4 << 3 | 2) + Varint(5) + "1234") == "error wire-format");
  CHECK(first(name + Varint(90 << 3 | 1) + "1234567") == "error wire-format");
  CHECK(first(name + Varint(90 << 3 | 3)) == "error wire-format");
  CHECK(first(name + std::string(11, '\xff')) == "error wire-format");
  CHECK(first(name + "\x80") == "error wire-format");
}

TEST_CASE("a page that ends within a message is cut off") {
  const std::string page = FamilyMessage("a", kGauge, MetricField(Value(2, 1)));
  for (size_t cut = 1; cut < page.size(); ++cut) {
    CAPTURE(cut);
    CHECK(Events(page.substr(0, cut)).back() == "error wire-format");
  }
  CHECK(Events(Varint(uint64_t{1} << 40) + "x") == Strings{"error wire-format"});
}

TEST_CASE("a text page is no protobuf and does not take long to be told apart") {
  CHECK(Events("# HELP a b\n# TYPE a gauge\na 1\n").front().starts_with("error"));
}

TEST_CASE("fields of protobuf have limits") {
  parse::Limits limits;
  limits.line_bytes = 40;
  limits.name_bytes = 3;
  limits.buckets = 2;
  limits.labels = 1;
  const auto one = [&](int type, const std::string& metric) {
    return Events(FamilyMessage("a", type, MetricField(metric)), limits)[2];
  };
  CHECK(one(kGauge, LabelField("bbb", "x") + Value(2, 1)) == "sample a{bbb=\"x\"} 1");
  CHECK(one(kGauge, LabelField("bbbb", "x") + Value(2, 1)) == "error limit");
  CHECK(one(kGauge, LabelField("b", "x") + LabelField("c", "x") + Value(2, 1)) == "error limit");
  CHECK(one(kGauge, LabelField("b", std::string(50, 'x'))) == "error limit");
  CHECK(one(kHistogram, BytesField(7, BytesField(3, "") + BytesField(3, ""))) ==
        "sample a_bucket{le=\"0.0\"} 0");
  CHECK(one(kHistogram, BytesField(7, BytesField(3, "") + BytesField(3, "") + BytesField(3, ""))) ==
        "error limit");
  CHECK(one(kHistogram, BytesField(7, BytesField(13, "123"))) == "error limit");
  CHECK(one(kHistogram, BytesField(7, BytesField(12, "") + BytesField(12, "") +
                                          BytesField(12, ""))) == "error limit");
  CHECK(Events(FamilyMessage("aaaa", kGauge, ""), limits) == Strings{"error limit"});
  CHECK(Events(FamilyMessage("a", kGauge, "", std::string(41, 'x')), limits).front() ==
        "error limit");
}

TEST_CASE("where a protobuf page is cut makes no difference") {
  const std::string metrics =
      MetricField(LabelField("b", "c") + Value(3, 1)) + MetricField("") + MetricField(Value(3, 2));
  CheckChunks(kProtobuf, FamilyMessage("a", kCounter, metrics) + FamilyMessage("", kGauge, "") +
                             FamilyMessage("b", kGauge, MetricField(Value(2, 1))) + "\x05\x0a");
}

TEST_CASE("a visitor stops a protobuf page too") {
  ParseRecorder recorder;
  recorder.problems_max = 1;
  const auto parser = parse::MakeParser(kProtobuf, {}, &recorder);
  CHECK_FALSE(parser->Feed(FamilyMessage("", kGauge, "") + FamilyMessage("a", kGauge, "")));
  CHECK_FALSE(parser->Finish());
  CHECK(recorder.events.size() == 1);
}

}  // namespace
}  // namespace pillion::testing
