// Random families, in every format and every escaping, through the strict parser: what comes out is
// what went in.
#include "core/exposition/random_families.hpp"
#include "core/exposition/read_page.hpp"
#include "exposition/name_escaping.hpp"
#include "exposition/number.hpp"
#include "exposition/openmetrics_form.hpp"
#include "exposition/protobuf_form.hpp"
#include "model/name.hpp"

#include <doctest/doctest.h>

#include <set>
#include <tuple>

namespace pillion::test {
namespace {

constexpr uint32_t kPages = 120;

std::string Spelled(double bound) {
  char text[kNumberBytesMax];
  return {text, static_cast<size_t>(WriteCanonical(text, bound) - text)};
}

SortedLabels With(SortedLabels labels, const std::string& name, const std::string& value) {
  labels.emplace_back(name, value);
  std::sort(labels.begin(), labels.end());
  return labels;
}

SortedLabels EscapeLabels(const SortedLabels& labels, Escaping escaping) {
  SortedLabels escaped;
  for (const auto& [name, value] : labels) {
    escaped.emplace_back(EscapeLabelName(name, escaping), value);
  }
  std::sort(escaped.begin(), escaped.end());
  return escaped;
}

// The series of a point; of a native one only those that are sure, the buckets are checked apart.
std::map<SeriesKey, uint64_t> SeriesOf(const RandomFamily& family, const std::string& name,
                                       const RandomPoint& point, const SortedLabels& labels) {
  if (HasSingleValue(family.type)) return {{{name, labels}, ValueBits(point.value)}};
  const auto suffixes = SampleSuffixes(family.type);
  const bool summary = family.type == MetricType::kSummary;
  std::map<SeriesKey, uint64_t> series;
  const auto add = [&](size_t suffix, const SortedLabels& l, double value) {
    series[{name + std::string(suffixes[suffix]), l}] = ValueBits(value);
  };
  for (size_t i = 0; i < point.bounds.size(); ++i) {
    add(0, With(labels, summary ? "quantile" : "le", Spelled(point.bounds[i])), point.counts[i]);
  }
  if (!summary) add(0, With(labels, "le", "+Inf"), point.count);
  if (!std::isnan(point.sum)) add(1, labels, point.sum);
  add(2, labels, point.count);
  return series;
}

// The buckets of a native histogram, as cumulative counts by upper bound.
std::map<std::string, double> BucketsOf(const ReadNative& h) {
  std::map<double, double> counts;
  const auto add = [&](const auto& spans, const std::vector<double>& in, double sign) {
    int64_t index = 0;
    size_t next = 0;
    for (const auto& [offset, length] : spans) {
      index += offset;
      for (uint32_t i = 0; i < length; ++i, ++index, ++next) {
        const auto exponent = static_cast<double>(sign > 0 ? index : index - 1);
        counts[sign * std::exp2(std::ldexp(exponent, -h.schema))] += in[next];
      }
    }
  };
  add(h.positive_spans, h.positive_counts, 1);
  add(h.negative_spans, h.negative_counts, -1);
  if (h.zero_count > 0) counts[h.zero_threshold] += h.zero_count;
  std::map<std::string, double> cumulative;
  double total = 0;
  for (const auto& [bound, count] : counts) {
    total += count;
    if (count > 0 && std::isfinite(bound)) cumulative[Spelled(bound)] = total;
  }
  return cumulative;
}

struct Model {
  std::vector<RandomFamily> families;
  std::vector<SnapshotPtr> snapshots;
};

Model RandomModel(uint32_t seed, bool legacy) {
  RandomFamilies random(seed);
  Model model;
  for (int instance = 0; instance < 2; ++instance) {
    Maker maker(LabelPairs{{legacy ? "instance_name" : "instance.name", "i"}});
    for (RandomFamily& family : random.Fill(maker, legacy)) {
      for (RandomPoint& point : family.points) {
        point.labels = With(point.labels, legacy ? "instance_name" : "instance.name", "i");
      }
      model.families.push_back(std::move(family));
    }
    REQUIRE(maker.builder().drops().Summary() == "");
    model.snapshots.push_back(maker.Snapshot("i" + std::to_string(instance)));
  }
  return model;
}

// What a page must say in a format, and what it does.
class Comparison {
 public:
  Comparison(const ReadPage& page, Format format, Escaping escaping)
      : page_(page), format_(format), escaping_(escaping) {}

  void Check(const RandomFamily& family, const PlanFamily& planned) {
    const std::string name = EscapeMetricName(family.name, escaping_);
    CAPTURE(name);
    REQUIRE(planned.desc->name == name);
    const bool protobuf = format_ == Format::kProtobuf;
    const ProtobufForm form = ProtobufFormOf(planned);
    native_ = protobuf && form == ProtobufForm::kNative;
    typed_ = protobuf
                 ? form != ProtobufForm::kPlain
                 : format_ == Format::kOpenMetrics100 && planned.form == OpenMetricsForm::kTyped;
    const bool gauge = family.type == MetricType::kGaugeHistogram;
    for (const RandomPoint& point : family.points) {
      const SortedLabels labels = EscapeLabels(point.labels, escaping_);
      if (native_) CheckNative(name, labels, point);
      if (!(native_ && gauge)) CheckSeries(family, name, labels, point);
      CheckNotes(family, name, labels, point);
    }
    CheckHelp(family, name);
  }

  // Nothing but what was checked is there.
  void CheckNothingElse() {
    for (const auto& series : page_.series) {
      CAPTURE(series.first.first);
      CHECK(seen_.count(series.first) == 1);
    }
    CHECK(page_.natives.size() == natives_);
    CHECK(page_.exemplars.size() == exemplars_);
    CHECK(page_.created.size() == created_);
  }

 private:
  void CheckSeries(const RandomFamily& family, const std::string& name, const SortedLabels& labels,
                   const RandomPoint& point) {
    auto series = SeriesOf(family, name, point, labels);
    // Protobuf has a sum in any case.
    if (native_ && std::isnan(point.sum)) series[{name + "_sum", labels}] = ValueBits(point.sum);
    for (const auto& wanted : series) {
      CAPTURE(wanted.first.first);
      const auto found = page_.series.find(wanted.first);
      REQUIRE(found != page_.series.end());
      CHECK(found->second == wanted.second);
      seen_.insert(wanted.first);
    }
    if (point.native) CheckBuckets(name, labels, point);
  }

  // Each populated bucket is there with its count; what else there is are bounds of empty ones.
  void CheckBuckets(const std::string& name, const SortedLabels& labels, const RandomPoint& point) {
    const auto buckets = BucketsOf(point.own);
    for (const auto& bucket : buckets) {
      CAPTURE(bucket.first);
      const auto found = page_.series.find({name + "_bucket", With(labels, "le", bucket.first)});
      REQUIRE(found != page_.series.end());
      CHECK(std::bit_cast<double>(found->second) == doctest::Approx(bucket.second));
    }
    for (const auto& [key, value] : page_.series) {
      if (key.first != name + "_bucket") continue;
      SortedLabels rest = key.second;
      std::erase_if(rest, [](const auto& label) { return label.first == "le"; });
      if (rest == labels) seen_.insert(key);
    }
  }

  void CheckNative(const std::string& name, const SortedLabels& labels, const RandomPoint& point) {
    const auto found = page_.natives.find({name, labels});
    REQUIRE(found != page_.natives.end());
    ReadNative own = point.own;
    if (found->second.zero_threshold == 0x1p-128) own.zero_threshold = 0x1p-128;  // was empty
    CHECK(found->second == own);
    ++natives_;
  }

  void CheckNotes(const RandomFamily& family, const std::string& name, const SortedLabels& labels,
                  const RandomPoint& point) {
    const bool counter = family.type == MetricType::kCounter;
    const bool protobuf = format_ == Format::kProtobuf;
    if (counter && typed_ && !point.exemplars.empty()) {
      const auto found = page_.exemplars.find({name, labels});
      REQUIRE(found != page_.exemplars.end());
      ReadExemplar wanted = point.exemplars.back();
      wanted.labels = EscapeLabels(wanted.labels, escaping_);
      CHECK(found->second == wanted);
    }
    for (const auto& [key, exemplar] : page_.exemplars) {
      const bool own = key.first == name || key.first == name + "_bucket";
      SortedLabels rest = key.second;
      std::erase_if(rest, [](const auto& label) { return label.first == "le"; });
      exemplars_ += own && rest == labels;
    }
    const bool has_created =
        counter || family.type == MetricType::kHistogram || family.type == MetricType::kSummary;
    if (protobuf && typed_ && has_created && point.created >= 0) {
      const auto found = page_.created.find({name, labels});
      REQUIRE(found != page_.created.end());
      CHECK(found->second == point.created);
      ++created_;
    }
  }

  void CheckHelp(const RandomFamily& family, const std::string& name) {
    const bool apart = !typed_ && (family.type == MetricType::kGaugeHistogram ||
                                   (format_ != Format::kText004 && !HasSingleValue(family.type)));
    std::string of = apart ? name + "_count" : name;
    if (apart && family.type == MetricType::kGaugeHistogram) of = name + "_gcount";
    if (format_ == Format::kOpenMetrics100 && typed_) {
      FamilyDesc desc;
      desc.name = name;
      desc.type = family.type;
      of = OpenMetricsName(desc);
    }
    CAPTURE(of);
    const auto found = page_.help.find(of);
    CHECK((found == page_.help.end() ? "" : found->second) == family.help);
    CHECK(page_.types.count(of) == 1);
  }

  const ReadPage& page_;
  const Format format_;
  const Escaping escaping_;
  bool native_ = false, typed_ = false;  // of the family under way
  std::set<SeriesKey> seen_;
  size_t natives_ = 0, exemplars_ = 0, created_ = 0;
};

void CheckPage(const Model& model, const PagePlan& plan, Format format, Escaping escaping) {
  CAPTURE(ToString(format));
  CAPTURE(ToString(escaping));
  ChunkSink sink;
  Output out(&sink);
  parse::Syntax syntax = parse::Syntax::kText;
  if (format == Format::kText004) {
    WriteText(plan, out);
  } else if (format == Format::kOpenMetrics100) {
    WriteOpenMetrics(plan, out);
    syntax = parse::Syntax::kOpenMetrics;
  } else {
    WriteProtobuf(plan, out);
    syntax = parse::Syntax::kProtobuf;
  }
  out.Flush();
  const ReadPage page = Read(syntax, sink.Take());
  REQUIRE(page.problems == "");
  std::map<std::string, const PlanFamily*> planned;
  for (const PlanFamily& family : plan.families) planned[family.desc->name] = &family;
  Comparison comparison(page, format, escaping);
  for (const RandomFamily& family : model.families) {
    const auto found = planned.find(EscapeMetricName(family.name, escaping));
    REQUIRE(found != planned.end());
    comparison.Check(family, *found->second);
  }
  comparison.CheckNothingElse();
}

TEST_CASE("random families come back from every format and escaping as they were") {
  for (uint32_t seed = 0; seed < kPages; ++seed) {
    CAPTURE(seed);
    const bool legacy = seed % 4 == 0;
    const Model model = RandomModel(seed, legacy);
    const auto plan = MakePagePlan(model.snapshots);
    REQUIRE(plan->drops->total() == 0);
    for (const Escaping escaping :
         {Escaping::kAllowUtf8, Escaping::kUnderscores, Escaping::kDots, Escaping::kValues}) {
      auto escaped = plan;
      if (plan->has_utf8_names && escaping != Escaping::kAllowUtf8) {
        escaped = MakeEscapedPlan(model.snapshots, *plan, escaping, {});
        REQUIRE(escaped->drops->Summary() == "");
      }
      for (const Format format : {Format::kText004, Format::kOpenMetrics100, Format::kProtobuf}) {
        CheckPage(model, *escaped, format, escaping);
      }
    }
  }
}

}  // namespace
}  // namespace pillion::test
