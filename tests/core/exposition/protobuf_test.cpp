// Protobuf byte by byte. The page of every type is shown to protoc elsewhere.
#include "core/exposition/page_fixture.hpp"
#include "exposition/protobuf_form.hpp"
#include "exposition/protobuf_labels.hpp"
#include "exposition/protobuf_wire.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace pillion::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Text with a length before it, under a tag: what a field of bytes is.
std::string Field(char tag, const std::string& bytes) {
  REQUIRE(bytes.size() < 128);
  return std::string(1, tag) + static_cast<char>(bytes.size()) + bytes;
}
std::string Delimited(const std::string& message) { return Field('\0', message).substr(1); }
std::string Double(char tag, double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  std::string out(1, tag);
  for (int i = 0; i < 8; ++i) out += static_cast<char>(bits >> (8 * i));
  return out;
}
std::string Label(const std::string& name, const std::string& value) {
  return Field('\x0a', Field('\x0a', name) + Field('\x12', value));
}

TEST_CASE("varints and their sizes agree at every length") {
  for (int bit = 0; bit < 64; ++bit) {
    for (const uint64_t value : {(uint64_t{1} << bit) - 1, uint64_t{1} << bit}) {
      char bytes[wire::kVarintBytesMax];
      CHECK(static_cast<size_t>(wire::PutVarint(bytes, value) - bytes) == wire::VarintSize(value));
    }
  }
  CHECK(wire::VarintSize(0) == 1);
  CHECK(wire::VarintSize(~uint64_t{0}) == wire::kVarintBytesMax);
  CHECK(wire::ZigZag(0) == 0);
  CHECK(wire::ZigZag(-1) == 1);
  CHECK(wire::ZigZag(1) == 2);
  CHECK(wire::ZigZag(std::numeric_limits<int64_t>::min()) == ~uint64_t{0});
}

TEST_CASE("a gauge is a name and help and type and one metric") {
  Maker maker;
  maker.builder().Add(maker.Family("a", MetricType::kGauge, "H\xFF\n"),
                      maker.Labels({{"l", "x\n\"\\"}, {"e", ""}}), 2.5);
  const std::string metric =
      Label("l", "x\n\"\\") + Label("e", "") + Field('\x12', Double('\x09', 2.5));
  CHECK(Protobuf({maker.Snapshot("i")}) ==
        Delimited(Field('\x0a', "a") + Field('\x12', "H\xEF\xBF\xBD\n") + "\x18\x01" +
                  Field('\x22', metric)));
}

TEST_CASE("each type without a distribution has its number and its field") {
  const struct {
    MetricType type;
    char number, field;
  } cases[] = {
      {MetricType::kCounter, 0, '\x1a'}, {MetricType::kGauge, 1, '\x12'},
      {MetricType::kInfo, 1, '\x12'},    {MetricType::kStateSet, 1, '\x12'},
      {MetricType::kUnknown, 3, '\x2a'},
  };
  for (const auto& c : cases) {
    Maker maker;
    maker.builder().Add(maker.Family("a", c.type, ""), 0, 1);
    CHECK(Protobuf({maker.Snapshot("i")}) ==
          Delimited(Field('\x0a', "a") + "\x18" + c.number +
                    Field('\x22', Field(c.field, Double('\x09', 1)))));
  }
}

TEST_CASE("every NaN is the plain one because one of them would end the series") {
  const auto page = [](double value) {
    Maker maker;
    maker.Gauge("a", value);
    return Protobuf({maker.Snapshot("i")});
  };
  const std::string plain = page(std::bit_cast<double>(uint64_t{0x7FF8000000000001}));
  for (const uint64_t payload : {0x7FF0000000000002u, 0x7FF8000000000000u, 0xFFF8000000000000u,
                                 0x7FF0000000000001u, 0xFFFFFFFFFFFFFFFFu}) {
    CHECK(page(std::bit_cast<double>(payload)) == plain);
  }
  CHECK(plain.substr(plain.size() - 9) ==
        Double('\x09', std::bit_cast<double>(uint64_t{0x7FF8000000000001})));
}

TEST_CASE("a counter carries its last exemplar and its created time") {
  Maker maker;
  maker.builder().Add(maker.Family("a_total", MetricType::kCounter, ""), 0, 5);
  maker.Exemplar("t", "old", 1, kNan);
  maker.Exemplar("t", "new", 2, 10.1);
  maker.builder().AddCreated(-0.5);
  const std::string exemplar = Label("t", "new") + Double('\x11', 2) +
                               Field('\x1a', std::string("\x08\x0a\x10\x80\xc2\xd7\x2f"));
  const std::string created =
      std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") + "\x10\x80\xca\xb5\xee\x01";
  const std::string counter = Double('\x09', 5) + Field('\x12', exemplar) + Field('\x1a', created);
  CHECK(Protobuf({maker.Snapshot("i")}) ==
        Delimited(Field('\x0a', "a_total") + std::string("\x18\0", 2) +
                  Field('\x22', Field('\x1a', counter))));
}

TEST_CASE("a unit is told where it is the suffix of the name") {
  const auto page = [](const char* name, MetricType type) {
    Maker maker;
    maker.builder().Add(maker.Family(name, type, "", "seconds"), 0, 1);
    return Protobuf({maker.Snapshot("i")});
  };
  const std::string unit = Field('\x2a', "seconds");
  const auto has_unit = [&](const std::string& bytes) {
    return bytes.find(unit) != std::string::npos;
  };
  CHECK(has_unit(page("a_seconds", MetricType::kGauge)));
  CHECK(has_unit(page("a_seconds_total", MetricType::kCounter)));
  CHECK_FALSE(has_unit(page("a_seconds_total", MetricType::kGauge)));
  CHECK_FALSE(has_unit(page("aseconds", MetricType::kGauge)));
  CHECK_FALSE(has_unit(page("a_seconds", MetricType::kInfo)));
}

// The form of a family with these distributions; a count below 0 makes a native one.
struct Shape {
  double count, sum;
  std::vector<double> quantiles;
};

ProtobufForm FormWith(MetricType type, const std::vector<Shape>& shapes) {
  Maker maker;
  const uint32_t family = maker.Family("a", type);
  for (size_t i = 0; i < shapes.size(); ++i) {
    const LabelPairs labels = {{"i", std::to_string(i)}};
    const Shape& s = shapes[i];
    if (type == MetricType::kSummary) {
      maker.Summary(family, labels, s.quantiles, s.quantiles, s.count, s.sum);
    } else if (s.count >= 0) {
      maker.Histogram(family, labels, {1}, {0}, s.count, s.sum);
    } else {
      pillion_native_histogram h{};
      h.size = sizeof h;
      h.sum = s.sum;
      maker.builder().AddNativeHistogram(family, maker.Labels(labels), h);
    }
  }
  const auto plan = MakePagePlan(std::vector{maker.Snapshot("i")});
  REQUIRE(plan->families.size() == 1);
  return ProtobufFormOf(plan->families[0]);
}

TEST_CASE("a family keeps its type where Prometheus makes the same series of it as of text") {
  using F = ProtobufForm;
  const MetricType kH = MetricType::kHistogram, kG = MetricType::kGaugeHistogram,
                   kS = MetricType::kSummary;
  CHECK(FormWith(kH, {{1, 2, {}}}) == F::kTyped);
  CHECK(FormWith(kH, {{3, -2, {}}}) == F::kTyped);
  CHECK(FormWith(kH, {{0.5, 2, {}}}) == F::kPlain);
  CHECK(FormWith(kH, {{1, 2, {}}, {1, kNan, {}}}) == F::kPlain);
  CHECK(FormWith(kH, {{-1, 0, {}}}) == F::kNative);
  CHECK(FormWith(kH, {{-1, kNan, {}}, {-1, 0, {}}}) == F::kNative);
  CHECK(FormWith(kH, {{-1, 0, {}}, {1, 2, {}}}) == F::kTyped);
  CHECK(FormWith(kH, {{-1, kNan, {}}, {1, 2, {}}}) == F::kPlain);
  CHECK(FormWith(kG, {{1, 2, {}}}) == F::kPlain);
  CHECK(FormWith(kG, {{-1, 0, {}}}) == F::kNative);
  CHECK(FormWith(kG, {{-1, 0, {}}, {1, 2, {}}}) == F::kPlain);
  CHECK(FormWith(kS, {{1, 2, {}}}) == F::kTyped);
  CHECK(FormWith(kS, {{1, 2, {0, 0.5, 1}}}) == F::kTyped);
  CHECK(FormWith(kS, {{1, 2, {50}}}) == F::kPlain);
  CHECK(FormWith(kS, {{1, 2, {-0.1}}}) == F::kPlain);
  CHECK(FormWith(kS, {{1, kNan, {}}}) == F::kPlain);
  CHECK(FormWith(kS, {{kNan, 2, {}}}) == F::kPlain);
  CHECK(FormWith(kS, {{0.5, 2, {}}}) == F::kPlain);
  CHECK(FormWith(kS, {{-1, 2, {}}}) == F::kPlain);
  CHECK(FormWith(kS, {{18446744073709551616.0, 2, {}}}) == F::kPlain);
  CHECK(FormWith(kS, {{18446744073709549568.0, 2, {}}}) == F::kTyped);
}

// The native fields of a histogram with these counts in two adjacent buckets.
std::string Native(std::vector<double> counts, double zero_count, double count, double sum) {
  Maker maker;
  const int32_t offset = -1;
  const auto length = static_cast<uint32_t>(counts.size());
  pillion_native_histogram h{};
  h.size = sizeof h;
  h.schema = -2;
  h.zero_count = zero_count;
  h.count = count;
  h.sum = sum;
  h.positive_span_offsets = &offset;
  h.positive_span_lengths = &length;
  h.positive_spans = counts.empty() ? 0 : 1;
  h.positive_counts = counts.data();
  h.positive_buckets = counts.size();
  const uint32_t family = maker.Family("a", MetricType::kGaugeHistogram, "");
  maker.builder().AddNativeHistogram(family, 0, h);
  const std::string page = Protobuf({maker.Snapshot("i")});
  const std::string head = Field('\x0a', "a") + "\x18\x05";
  REQUIRE(page.size() > head.size() + 5);
  REQUIRE(page.substr(1, head.size()) == head);
  return page.substr(1 + head.size() + 4);
}

TEST_CASE("a native histogram is of integers only where its buckets sum up to its count") {
  const std::string span = Field('\x62', "\x08\x01\x10\x02"), schema = "\x28\x03";
  const std::string integers = schema + Double('\x31', 0) + "\x38\x05" + span + "\x68\x06\x68\x03";
  const auto floats = [&](double a, double b, double zero) {
    return schema + Double('\x31', 0) + Double('\x41', zero) + span + Double('\x71', a) +
           Double('\x71', b);
  };
  CHECK(Native({3, 1}, 5, 9, 1) == "\x08\x09" + Double('\x11', 1) + integers);
  CHECK(Native({3, 1}, 5, 10, kNan).find(integers) != std::string::npos);
  CHECK(Native({3, 1}, 5, 10, 1) == Double('\x21', 10) + Double('\x11', 1) + floats(3, 1, 5));
  CHECK(Native({3, 0.5}, 5, 8.5, 1) == Double('\x21', 8.5) + Double('\x11', 1) + floats(3, 0.5, 5));
  CHECK(Native({3, 1}, 0.5, 4.5, 1) == Double('\x21', 4.5) + Double('\x11', 1) + floats(3, 1, 0.5));
}

TEST_CASE("a native histogram without observations is told from a classic one") {
  const std::string bare = "\x28\x03" + Double('\x31', 0x1p-128);
  CHECK(Native({}, 0, 0, 0) ==
        std::string("\x08\0", 2) + Double('\x11', 0) + bare + std::string("\x38\0", 2));
  CHECK(Native({}, 2, 2, 0).find(Double('\x31', 0)) != std::string::npos);
  CHECK(Native({}, 0.5, 0.5, 0).find(bare) != std::string::npos);
}

TEST_CASE("labels beyond what is kept are converted at each use") {
  Maker maker;
  const uint32_t one = maker.Family("a", MetricType::kGauge, "");
  const uint32_t two = maker.Family("b", MetricType::kGauge, "");
  std::string metrics;
  size_t bytes = 0;
  for (int i = 0; bytes <= PageLabels::kKeptBytesMax; ++i) {
    const std::string value = std::to_string(i) + std::string(3000, '\n');
    const LabelRef labels = maker.Labels({{"l", value}});
    maker.builder().Add(one, labels, 1);
    maker.builder().Add(two, labels, 1);
    std::string metric, pair;
    wire::AppendBytesField(pair, 1, "l");
    wire::AppendBytesField(pair, 2, value);
    wire::AppendBytesField(metric, 1, pair);
    bytes += metric.size();
    metric += Field('\x12', Double('\x09', 1));
    wire::AppendBytesField(metrics, 4, metric);
  }
  std::string page;
  for (const char* name : {"a", "b"}) {
    const std::string message = Field('\x0a', name) + "\x18\x01" + metrics;
    wire::AppendVarint(page, message.size());
    page += message;
  }
  CHECK((Protobuf({maker.Snapshot("i")}) == page));
}

TEST_CASE("label blocks are measured as they are written") {
  for (const std::string block : {"", "a=\"\"", "a=\"x\",b=\"y\"", "a=\"\\\\\\n\\\"\",b=\",=\"",
                                  "\"my.name\"=\"x\"", "\"a\\\"=\\\"\"=\"\\\\\",c=\"{}\""}) {
    CAPTURE(block);
    std::string out = "before";
    AppendLabelPairs(out, block);
    CHECK(out.size() == 6 + LabelPairsSize(block));
  }
  std::string pairs;
  AppendLabelPairs(pairs, "\"a\\\"=\\\"\"=\"\\\\\",c=\"{}\"");
  CHECK(pairs == Label("a\"=\"", "\\") + Label("c", "{}"));
}

}  // namespace
}  // namespace pillion::test
