#include "exposition/protobuf_histogram.hpp"

#include "exposition/protobuf_labels.hpp"
#include "exposition/protobuf_wire.hpp"
#include "exposition/sample_notes.hpp"

#include <algorithm>
#include <cmath>

namespace pillion {
namespace {

using namespace wire;

// Field numbers of io.prometheus.client.
namespace metric {
constexpr uint32_t kCounter = 3, kSummary = 4, kHistogram = 7;
}
namespace counter {
constexpr uint32_t kValue = 1, kExemplar = 2, kCreated = 3;
}
namespace exemplar {
constexpr uint32_t kValue = 2, kTimestamp = 3;
}
namespace summary {
constexpr uint32_t kCount = 1, kSum = 2, kQuantile = 3, kCreated = 4;
}
namespace quantile {
constexpr uint32_t kQuantile = 1, kValue = 2;
}
namespace bucket {
constexpr uint32_t kCount = 1, kUpperBound = 2, kExemplar = 3, kCountFloat = 4;
}
namespace histogram {
constexpr uint32_t kCount = 1, kSum = 2, kBucket = 3, kCountFloat = 4, kSchema = 5,
                   kZeroThreshold = 6, kZeroCount = 7, kZeroCountFloat = 8, kNegativeSpan = 9,
                   kNegativeDelta = 10, kNegativeCount = 11, kPositiveSpan = 12,
                   kPositiveDelta = 13, kPositiveCount = 14, kCreated = 15, kExemplar = 16;
}

constexpr double kInfinity = HUGE_VAL;
constexpr double kUint64End = 18446744073709551616.0;
constexpr double kInt64End = 9223372036854775808.0;
// What client libraries take where nothing is said; a power of two, which is stored in one byte.
constexpr double kDefaultZeroThreshold = 0x1p-128;

bool IsWhole(double number, double end) {
  return number >= 0 && number < end && std::floor(number) == number;
}

// Microseconds: a double of today has no more, and 0.1 must not become 0.099.
void AppendTimestamp(std::string& out, uint32_t field, double unix_seconds) {
  constexpr double kYear10000 = 253402300800.0;
  if (!(std::fabs(unix_seconds) < kYear10000)) return;
  auto seconds = static_cast<int64_t>(std::floor(unix_seconds));
  auto micros = std::llround((unix_seconds - static_cast<double>(seconds)) * 1e6);
  if (micros == 1'000'000) {
    ++seconds;
    micros = 0;
  }
  std::string timestamp;
  if (seconds != 0) AppendVarintField(timestamp, 1, static_cast<uint64_t>(seconds));
  if (micros != 0) AppendVarintField(timestamp, 2, static_cast<uint64_t>(micros) * 1000);
  AppendBytesField(out, field, timestamp);
}

void AppendExemplar(std::string& out, uint32_t field, const Exemplar* e) {
  if (e == nullptr) return;
  std::string message;
  AppendLabelPairs(message, e->labels);
  AppendDoubleField(message, exemplar::kValue, e->value);
  AppendTimestamp(message, exemplar::kTimestamp, e->timestamp_seconds);  // NaN: none
  AppendBytesField(out, field, message);
}

void AppendCreated(std::string& out, uint32_t field, const SampleNote* note) {
  if (note != nullptr) AppendTimestamp(out, field, note->created_seconds);
}

void AppendCount(std::string& out, uint32_t whole_field, uint32_t float_field, double count) {
  if (IsWhole(count, kUint64End)) {
    AppendVarintField(out, whole_field, static_cast<uint64_t>(count));
  } else {
    AppendDoubleField(out, float_field, count);
  }
}

// Prometheus refuses a page with a native histogram of integers whose buckets don't sum up to
// its count (a NaN sum allows fewer, for observations of NaN); of floats it takes any.
bool IsOfIntegers(const NativeHistogram& h, const Distribution& d) {
  double in_buckets = h.zero_count;
  const auto whole = [&](const std::vector<double>& counts) {
    return std::all_of(counts.begin(), counts.end(), [&](double count) {
      in_buckets += count;
      return IsWhole(count, kInt64End);
    });
  };
  constexpr double kExactBelow = 9007199254740992.0;  // 2^53: sums of doubles below it are exact
  return whole(h.positive_counts) && whole(h.negative_counts) && IsWhole(h.zero_count, kInt64End) &&
         IsWhole(d.count, kExactBelow) &&
         (in_buckets == d.count || (std::isnan(d.sum) && in_buckets < d.count));
}

void AppendSpans(std::string& out, uint32_t field,
                 const std::vector<NativeHistogram::Span>& spans) {
  for (const NativeHistogram::Span& span : spans) {
    char bytes[2 + 2 * kVarintBytesMax];
    char* at = bytes;
    *at++ = static_cast<char>(Tag(1, Type::kVarint));
    at = PutVarint(at, ZigZag(span.offset));
    *at++ = static_cast<char>(Tag(2, Type::kVarint));
    at = PutVarint(at, span.length);
    AppendBytesField(out, field, {bytes, static_cast<size_t>(at - bytes)});
  }
}

void AppendNativeCounts(std::string& out, uint32_t delta_field, uint32_t count_field,
                        const std::vector<double>& counts, bool integers) {
  int64_t last = 0;
  for (const double count : counts) {
    if (integers) {
      const auto whole = static_cast<int64_t>(count);
      AppendVarintField(out, delta_field, ZigZag(whole - last));
      last = whole;
    } else {
      AppendDoubleField(out, count_field, count);
    }
  }
}

void AppendNative(std::string& out, const NativeHistogram& h, bool integers) {
  AppendVarintField(out, histogram::kSchema, ZigZag(h.schema));
  // A histogram without any bucket, zero count and threshold would be taken for a classic one.
  const bool bare = h.positive_counts.empty() && h.negative_counts.empty() &&
                    h.zero_threshold == 0 && (h.zero_count == 0 || !integers);
  AppendDoubleField(out, histogram::kZeroThreshold,
                    bare ? kDefaultZeroThreshold : h.zero_threshold);
  if (integers) {
    AppendVarintField(out, histogram::kZeroCount, static_cast<uint64_t>(h.zero_count));
  } else {
    AppendDoubleField(out, histogram::kZeroCountFloat, h.zero_count);
  }
  AppendSpans(out, histogram::kNegativeSpan, h.negative_spans);
  AppendNativeCounts(out, histogram::kNegativeDelta, histogram::kNegativeCount, h.negative_counts,
                     integers);
  AppendSpans(out, histogram::kPositiveSpan, h.positive_spans);
  AppendNativeCounts(out, histogram::kPositiveDelta, histogram::kPositiveCount, h.positive_counts,
                     integers);
}

}  // namespace

void ProtobufValues::AppendCounter(std::string& out, double value, const SampleNote* note) {
  message_.clear();
  AppendDoubleField(message_, counter::kValue, value);
  if (note != nullptr && !note->exemplars.empty()) {
    AppendExemplar(message_, counter::kExemplar, &note->exemplars.back());
  }
  AppendCreated(message_, counter::kCreated, note);
  AppendBytesField(out, metric::kCounter, message_);
}

void ProtobufValues::AppendSummary(std::string& out, const Fragment& fragment,
                                   const Distribution& d, const SampleNote* note) {
  message_.clear();
  AppendVarintField(message_, summary::kCount, static_cast<uint64_t>(d.count));
  AppendDoubleField(message_, summary::kSum, d.sum);
  const double* const quantiles = fragment.numbers.data() + d.first;
  for (uint32_t i = 0; i < d.size; ++i) {
    part_.clear();
    AppendDoubleField(part_, quantile::kQuantile, quantiles[i]);
    AppendDoubleField(part_, quantile::kValue, quantiles[d.size + i]);
    AppendBytesField(message_, summary::kQuantile, part_);
  }
  AppendCreated(message_, summary::kCreated, note);
  AppendBytesField(out, metric::kSummary, message_);
}

void ProtobufValues::Bucket(double upper, double count, const Exemplar* e) {
  part_.clear();
  AppendCount(part_, bucket::kCount, bucket::kCountFloat, count);
  AppendDoubleField(part_, bucket::kUpperBound, upper);
  AppendExemplar(part_, bucket::kExemplar, e);
  AppendBytesField(message_, histogram::kBucket, part_);
}

void ProtobufValues::ClassicBuckets(const Fragment& fragment, const Distribution& d,
                                    const SampleNote* note) {
  const Buckets buckets = reader_.Of(fragment, d);
  double lower = -kInfinity;
  for (size_t i = 0; i < buckets.bounds.size(); ++i) {
    const double upper = buckets.bounds[i];
    Bucket(upper, buckets.counts[i], ExemplarIn(note, lower, upper));
    lower = upper;
  }
  Bucket(kInfinity, d.count, ExemplarIn(note, lower, kInfinity));
}

void ProtobufValues::AppendHistogram(std::string& out, const Fragment& fragment,
                                     const Distribution& d, const SampleNote* note, bool native,
                                     bool gauge) {
  message_.clear();
  const NativeHistogram* const own = native ? &fragment.natives[d.native] : nullptr;
  const bool integers = own == nullptr || IsOfIntegers(*own, d);
  if (integers) {
    AppendCount(message_, histogram::kCount, histogram::kCountFloat, d.count);
  } else {
    AppendDoubleField(message_, histogram::kCountFloat, d.count);
  }
  AppendDoubleField(message_, histogram::kSum, d.sum);
  if (!gauge) ClassicBuckets(fragment, d, note);
  if (own != nullptr) AppendNative(message_, *own, integers);
  if (gauge && note != nullptr) {
    for (const Exemplar& e : note->exemplars) AppendExemplar(message_, histogram::kExemplar, &e);
  }
  if (!gauge) AppendCreated(message_, histogram::kCreated, note);
  AppendBytesField(out, metric::kHistogram, message_);
}

}  // namespace pillion
