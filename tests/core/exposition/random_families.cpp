#include "core/exposition/random_families.hpp"

#include "model/name.hpp"

#include <cmath>
#include <limits>

namespace pillion::test {
namespace {

// As a page has it: cut, and without bytes that are not UTF-8.
std::string Shown(const std::string& value) {
  std::string shown;
  AppendUtf8(shown, CutAtCharacter(value, FragmentLimits{}.label_value_bytes_max));
  return shown;
}

SortedLabels ShownLabels(const LabelPairs& labels) {
  SortedLabels shown;
  for (const auto& [name, value] : labels) {
    if (!value.empty()) shown.emplace_back(name, Shown(value));
  }
  std::sort(shown.begin(), shown.end());
  return shown;
}

}  // namespace

std::string RandomFamilies::Junk(bool legacy) {
  static constexpr std::string_view kLegacy[] = {"a", "Z", "_", "9", "__", "total", "U"};
  static constexpr std::string_view kAny[] = {".",
                                              "-",
                                              " ",
                                              "\"",
                                              "\\",
                                              "\n",
                                              "{",
                                              "}",
                                              "=",
                                              ",",
                                              "#",
                                              "\t",
                                              "\x01",
                                              "\x7F",
                                              "\xC3\xA9",
                                              "\xE2\x82\xAC",
                                              "\xF0\x9F\x98\x80",
                                              "\xEF\xBF\xBD",
                                              ":",
                                              "a",
                                              "_"};
  std::string junk;
  for (uint32_t left = Below(6); left > 0; --left) {
    junk += legacy ? kLegacy[Below(std::size(kLegacy))] : kAny[Below(std::size(kAny))];
  }
  return junk;
}

std::string RandomFamilies::Bytes(size_t size_max) {
  static constexpr std::string_view kHard[] = {
      "\\", "\"", "\n", "\\n", "\xC3\xA9", "\xFF", "\xC3", "\xED\xA0\x80", ",", "{", "}", "=", " "};
  std::string bytes;
  while (bytes.size() < size_max && Often()) {
    if (Below(2) == 0) {
      bytes += kHard[Below(std::size(kHard))];
    } else {
      bytes += static_cast<char>(Below(256));
    }
  }
  if (Below(200) == 0) bytes += std::string(5000, 'x');
  return bytes;
}

double RandomFamilies::Value() {
  using Limits = std::numeric_limits<double>;
  const double hard[] = {0.0,
                         -0.0,
                         1,
                         -1,
                         0.1,
                         1e6,
                         1e-5,
                         123456.789,
                         Limits::infinity(),
                         -Limits::infinity(),
                         Limits::denorm_min(),
                         Limits::min(),
                         Limits::max(),
                         Limits::lowest(),
                         9007199254740991,
                         9007199254740992,
                         9007199254740994,
                         -9007199254740991,
                         1e21,
                         1.7e9};
  switch (Below(4)) {
    case 0: return hard[Below(std::size(hard))];
    case 1: return std::bit_cast<double>(uint64_t{engine_()} << 32 | engine_());  // NaN too
    case 2: return static_cast<double>(engine_()) / 1024;
    default: return Below(1000);
  }
}

double RandomFamilies::Count() {
  const double count = Below(3) == 0 ? Below(1'000'000) : Below(4);
  return whole_counts_ ? count : count + 0.25;
}

LabelPairs RandomFamilies::Labels(bool legacy, int sample) {
  LabelPairs labels = {{"sample", std::to_string(sample)}};
  for (uint32_t i = 0, n = Below(4); i < n; ++i) {
    // The number keeps them apart however they are escaped.
    labels.emplace_back("l" + std::to_string(i) + Junk(legacy), Bytes(40));
  }
  return labels;
}

void RandomFamilies::AddNotes(Maker& maker, RandomPoint& point) {
  for (uint32_t left = Below(3); left > 0; --left) {
    const std::string label = "t" + Junk(false);
    const std::string whole = Shown(Bytes(20));
    const std::string text(CutAtCharacter(whole, 60));
    const double value = Value();
    const double time = Below(2) == 0 ? std::nan("") : 1.7e9 + Below(64) / 64.0;
    maker.Exemplar(label, text, value, time);
    const SortedLabels labels = ShownLabels({{label, text}});
    point.exemplars.push_back({labels, ValueBits(value), std::isnan(time) ? -1 : time});
  }
  if (Below(2) == 0) {
    point.created = 1.6e9 + Below(64) / 64.0;
    maker.builder().AddCreated(point.created);
  }
}

void RandomFamilies::AddNative(Maker& maker, uint32_t handle, const LabelPairs& labels,
                               RandomPoint& point) {
  pillion_native_histogram h{};
  h.size = sizeof h;
  h.schema = static_cast<int32_t>(Below(9)) - 4;
  h.zero_threshold = Below(2) == 0 ? 0 : std::ldexp(1, -static_cast<int>(Below(20)) - 100);
  h.zero_count = Count();
  h.sum = Below(8) == 0 ? std::nan("") : std::fabs(Value());
  h.count = h.zero_count;
  std::vector<int32_t> offsets[2];
  std::vector<uint32_t> lengths[2];
  std::vector<double> counts[2];
  for (const int side : {0, 1}) {
    for (uint32_t spans = Below(3); spans > 0; --spans) {
      // Around 1, where no schema gives a bound that a double cannot hold.
      offsets[side].push_back(offsets[side].empty() ? static_cast<int32_t>(Below(8)) - 4
                                                    : static_cast<int32_t>(Below(5)));
      lengths[side].push_back(Below(4));
      for (uint32_t i = 0; i < lengths[side].back(); ++i) {
        counts[side].push_back(Count());
        h.count += counts[side].back();
      }
    }
  }
  h.positive_span_offsets = offsets[0].data();
  h.positive_span_lengths = lengths[0].data();
  h.positive_spans = offsets[0].size();
  h.positive_counts = counts[0].data();
  h.positive_buckets = counts[0].size();
  h.negative_span_offsets = offsets[1].data();
  h.negative_span_lengths = lengths[1].data();
  h.negative_spans = offsets[1].size();
  h.negative_counts = counts[1].data();
  h.negative_buckets = counts[1].size();
  maker.builder().AddNativeHistogram(handle, maker.Labels(labels), h);
  point.native = true;
  point.count = h.count;
  point.sum = h.sum;
  point.own = {h.schema, h.zero_threshold, h.zero_count, h.count, ValueBits(h.sum), {},
               {},       counts[0],        counts[1]};
  for (const int side : {0, 1}) {
    for (size_t i = 0; i < offsets[side].size(); ++i) {
      (side == 0 ? point.own.positive_spans : point.own.negative_spans)
          .emplace_back(offsets[side][i], lengths[side][i]);
    }
  }
}

void RandomFamilies::AddDistribution(Maker& maker, uint32_t handle, const LabelPairs& labels,
                                     MetricType type, RandomPoint& point) {
  const bool summary = type == MetricType::kSummary;
  double bound = summary ? 0 : static_cast<double>(Below(20)) - 5;
  double count = 0;
  for (uint32_t left = Below(5); left > 0; --left) {
    point.bounds.push_back(bound);
    bound += summary ? 0.125 : std::ldexp(1 + Below(9), static_cast<int>(Below(30)) - 10);
    count += Count();
    point.counts.push_back(summary ? Value() : count);
  }
  point.count = count + Count();
  point.sum = Below(4) == 0 ? std::nan("") : Value();
  if (summary) {
    maker.Summary(handle, labels, point.bounds, point.counts, point.count, point.sum);
  } else {
    maker.Histogram(handle, labels, point.bounds, point.counts, point.count, point.sum);
  }
}

void RandomFamilies::AddPoint(Maker& maker, uint32_t handle, RandomFamily& family, bool legacy) {
  LabelPairs labels = Labels(legacy, static_cast<int>(family.points.size()));
  RandomPoint& point = family.points.emplace_back();
  if (family.type == MetricType::kStateSet && Often()) labels.emplace_back(family.name, "state");
  point.labels = ShownLabels(labels);
  if (HasSingleValue(family.type)) {
    const bool flag = family.type == MetricType::kInfo || family.type == MetricType::kStateSet;
    point.value = flag && Often() ? 1 : Value();
    maker.builder().Add(handle, maker.Labels(labels), point.value);
  } else if (natives_ && family.type != MetricType::kSummary && Often()) {
    AddNative(maker, handle, labels, point);
  } else {
    AddDistribution(maker, handle, labels, family.type, point);
  }
  AddNotes(maker, point);
}

std::vector<RandomFamily> RandomFamilies::Fill(Maker& maker, bool legacy) {
  constexpr MetricType kTypes[] = {MetricType::kCounter,        MetricType::kGauge,
                                   MetricType::kUnknown,        MetricType::kHistogram,
                                   MetricType::kGaugeHistogram, MetricType::kSummary,
                                   MetricType::kInfo,           MetricType::kStateSet};
  static constexpr std::string_view kSuffixes[] = {"", "_total", "_info", "_seconds"};
  std::vector<RandomFamily> families(1 + Below(8));
  for (RandomFamily& family : families) {
    family.type = kTypes[Below(std::size(kTypes))];
    // The number keeps the names apart, those of their samples too, however they are escaped.
    // A state set's is a label too, which must not begin with __ then.
    const bool plain = legacy || family.type == MetricType::kStateSet;
    family.name = (plain ? "" : Junk(false)) + "f" + std::to_string(names_++) + "x" + Junk(legacy) +
                  std::string(kSuffixes[Below(4)]);
    family.unit = Below(2) == 0 ? "seconds" : "";
    // Not with a carriage return at the end: that is for people a line with two ends.
    const std::string help = Below(3) == 0 ? "" : "H" + Bytes(30) + ".";
    AppendUtf8(family.help, help);
    whole_counts_ = Often();
    natives_ = Below(2) == 0;
    const uint32_t handle = maker.Family(family.name, family.type, help, family.unit);
    for (uint32_t left = 1 + Below(4); left > 0; --left) AddPoint(maker, handle, family, legacy);
  }
  return families;
}

}  // namespace pillion::test
