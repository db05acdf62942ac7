// A page of 270,000 samples: 27 families over 10,000 label blocks.
#include "core/exposition/allocations.hpp"
#include "core/exposition/page_fixture.hpp"
#include "exposition/compress.hpp"
#include "exposition/protobuf_labels.hpp"

#include <doctest/doctest.h>

namespace pillion::test {
namespace {

constexpr int kTables = 10'000;
constexpr int kFamilies = 27;

SnapshotPtr Large(const std::string& instance) {
  Maker maker(LabelPairs{{"service", instance}});
  std::vector<uint32_t> families;
  for (int i = 0; i < kFamilies; ++i) {
    families.push_back(
        maker.Family("table_metric_" + std::to_string(i) + "_total", MetricType::kCounter));
  }
  for (int table = 0; table < kTables; ++table) {
    const LabelRef labels =
        maker.Labels({{"schemaname", "public"}, {"relname", "table_" + std::to_string(table)}});
    for (const uint32_t family : families) {
      maker.builder().Add(family, labels, table * 0.5 + family % 100);
    }
  }
  return maker.Snapshot(instance);
}

// Counts what is written and keeps nothing.
class NullSink : public ByteSink {
 public:
  void Write(std::string_view bytes) override {
    CHECK(bytes.size() <= kChunkBytes);
    size += bytes.size();
    ++writes;
  }
  size_t size = 0, writes = 0;
};

TEST_CASE("planning and writing a large page allocate by family and chunk and not by sample") {
  const std::vector snapshots = {Large("a")};
  const uint64_t before_plan = AllocationsOfThisThread();
  const auto plan = MakePagePlan(snapshots);
  const uint64_t for_plan = AllocationsOfThisThread() - before_plan;
  CHECK(for_plan < 10 * kFamilies);

  for (const auto write : {WriteText, WriteOpenMetrics, WriteProtobuf}) {
    NullSink sink;
    const uint64_t before = AllocationsOfThisThread();
    const uint64_t bytes_before = AllocatedBytesOfThisThread();
    Output out(&sink);
    write(*plan, out);
    out.Flush();
    CHECK(AllocationsOfThisThread() - before < 100);
    const size_t blocks = write == WriteProtobuf ? PageLabels::kKeptBytesMax : 0;
    CHECK(AllocatedBytesOfThisThread() - bytes_before < blocks + 2 * kChunkBytes);
    CHECK(sink.size > 15'000'000);
    CHECK(sink.writes < sink.size / (kChunkBytes - 1024) + 2);  // chunks are full
  }

  // A compressed page never needs the plain one in memory.
  const auto check_compressed = [&](CompressingSink&& sink) {
    const uint64_t bytes_before = AllocatedBytesOfThisThread();
    Output out(&sink);
    WriteText(*plan, out);
    out.Flush();
    const auto chunks = sink.Finish();
    CHECK(AllocatedBytesOfThisThread() - bytes_before < 16'000'000);
    CHECK(chunks.size() > 1);
  };
  check_compressed(GzipSink());
  check_compressed(ZstdSink());
}

TEST_CASE("two large instances of one type are merged with one look-up for each label block") {
  const std::vector snapshots = {Large("a"), Large("b")};
  const uint64_t before = AllocationsOfThisThread();
  const auto plan = MakePagePlan(snapshots);
  // A few for each of the 20,000 blocks; the 540,000 samples cost none.
  CHECK(AllocationsOfThisThread() - before < 5 * 2 * kTables);
  CHECK(plan->drops->total() == 0);
  CHECK(plan->families.size() == kFamilies);
}

TEST_CASE("a line longer than a chunk is written whole") {
  Maker maker;
  FragmentLimits limits;
  std::string value(limits.label_value_bytes_max, 'x');
  LabelPairs labels;
  for (int i = 0; i < 30; ++i) labels.emplace_back("l" + std::to_string(i), value);
  maker.Value("a", MetricType::kGauge, labels, 1.5);
  maker.Histogram(maker.Family("h", MetricType::kHistogram), labels, {1}, {1}, 1, 1);
  maker.Exemplar("t", "x", 0.5, 1);
  const auto plan = MakePagePlan(std::vector{maker.Snapshot("i")});
  ChunkSink sink;
  Output out(&sink);
  WriteOpenMetrics(*plan, out);
  out.Flush();
  const auto chunks = sink.Take();
  CHECK(chunks.size() > 1);
  for (const std::string& chunk : chunks) CHECK(chunk.size() <= kChunkBytes);
  CHECK(Protobuf(*plan).size() > 2 * 30 * limits.label_value_bytes_max);
  const std::string page = Join(chunks);
  CHECK(page.find("x\"} 1.5\n") != std::string::npos);
  CHECK(page.find("x\",le=\"1.0\"} 1 # {t=\"x\"} 0.5 1\n") != std::string::npos);
}

}  // namespace
}  // namespace pillion::test
