// What each stage of an exposition costs, beside prometheus-cpp's serializer and a memcpy of the
// same page, in one process. Prints tab-separated lines: samples, stage, value, unit.
//
//   exposition_stages SAMPLES...       times and sizes; the least of several runs
//   exposition_stages --once STAGE SAMPLES   for counting instructions: fill, or fill and then one
//                                            of text, openmetrics, protobuf
#include "app/malloc_settings.hpp"
#include "bench/exposition/bulk_rows.hpp"
#include "exposition/compress.hpp"
#include "exposition/exposer.hpp"
#include "exposition/openmetrics_writer.hpp"
#include "exposition/output.hpp"
#include "exposition/page_plan.hpp"
#include "exposition/protobuf_writer.hpp"
#include "exposition/text_writer.hpp"
#include "plugin/instance.hpp"
#include "plugin/poll_session.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <pillion/sink.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace pillion::bench {
namespace {

using Clock = std::chrono::steady_clock;

// The least time of at least five runs and half a second; the least is what the others disturbed
// least.
double LeastNanoseconds(const std::function<void()>& body) {
  double least = 1e300;
  const auto began = Clock::now();
  for (int run = 0; run < 5 || Clock::now() - began < std::chrono::milliseconds(500); ++run) {
    const auto start = Clock::now();
    body();
    least = std::min(least, std::chrono::duration<double, std::nano>(Clock::now() - start).count());
  }
  return least;
}

void Print(size_t samples, const char* stage, double value, const char* unit) {
  std::printf("%zu\t%s\t%.3f\t%s\n", samples, stage, value, unit);
}

// Builds fragments as a plugin does it: through the C border.
class Filler {
 public:
  explicit Filler(size_t rows) : source_(rows) {}
  const std::vector<Row>& rows() const { return source_.rows(); }

  FragmentPtr Fill() {
    const std::vector<bool> due = {true};
    pillion_poll poll(&SystemClock(), &builder_, &interrupter_, &due, true, SystemClock().Now());
    poll.open = 0;
    Sink sink(&HostTable(), &poll);
    source_.Fill(sink);
    return builder_.Build(0);
  }

 private:
  BulkSource source_;
  FamilyTable table_;
  FragmentBuilder builder_{&table_, {}};
  Interrupter interrupter_;
};

std::vector<prometheus::MetricFamily> Families(const std::vector<Row>& rows) {
  std::vector<prometheus::MetricFamily> families(kFamilies);
  std::vector<std::string> names = {"datname", "schemaname", "relname", "tenant", "kind"};
  for (size_t f = 0; f < kFamilies; ++f) {
    families[f].name = FamilyName(f);
    families[f].help = "One of many.";
    families[f].type = f % 2 == 0 ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    for (size_t r = 0; r < rows.size(); ++r) {
      prometheus::ClientMetric metric;
      for (size_t l = 0; l < kLabels; ++l) metric.label.push_back({names[l], rows[r].labels[l]});
      (f % 2 == 0 ? metric.counter.value : metric.gauge.value) = ValueOf(r, f, 1);
      families[f].metric.push_back(std::move(metric));
    }
  }
  return families;
}

std::vector<SnapshotPtr> PageOf(FragmentPtr fragment) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->instance = "bulk";
  snapshot->fragments.push_back(std::move(fragment));
  return {snapshot};
}

using Writer = void (*)(const PagePlan&, Output&);

void WriteText004(const PagePlan& plan, Output& out) { WriteText(plan, out); }
void WriteOpenMetrics100(const PagePlan& plan, Output& out) { WriteOpenMetrics(plan, out); }
void WriteProtobufPage(const PagePlan& plan, Output& out) { WriteProtobuf(plan, out); }

std::vector<std::string> Render(const std::vector<SnapshotPtr>& page, Writer write) {
  const auto plan = MakePagePlan(page);
  ChunkSink sink;
  Output out(&sink);
  write(*plan, out);
  out.Flush();
  return sink.Take();
}

size_t Size(const std::vector<std::string>& chunks) {
  size_t size = 0;
  for (const std::string& chunk : chunks) size += chunk.size();
  return size;
}

void MeasureOurs(size_t samples, Filler& filler) {
  const auto per_sample = [&](double ns) { return ns / static_cast<double>(samples); };
  FragmentPtr fragment;
  Print(samples, "sink to fragment",
        per_sample(LeastNanoseconds([&] { fragment = filler.Fill(); })), "ns/sample");
  const auto page = PageOf(fragment);
  const std::pair<const char*, Writer> writers[] = {
      {"fragment to text", &WriteText004},
      {"fragment to OpenMetrics", &WriteOpenMetrics100},
      {"fragment to protobuf", &WriteProtobufPage}};
  for (const auto& writer : writers) {
    Print(samples, writer.first, per_sample(LeastNanoseconds([&] { Render(page, writer.second); })),
          "ns/sample");
  }
  const auto chunks = Render(page, &WriteText004);
  Print(samples, "text page", static_cast<double>(Size(chunks)), "bytes");
  Print(samples, "stored, beside label text",
        static_cast<double>(fragment->bytes() - fragment->blocks.bytes()) /
            static_cast<double>(samples),
        "bytes/sample");
  Print(samples, "label text", static_cast<double>(fragment->blocks.bytes()), "bytes");
  Print(samples, "memcpy of the page", per_sample(LeastNanoseconds([&] {
          std::vector<std::string> copies;
          for (const std::string& chunk : chunks) copies.push_back(chunk);
          if (copies.empty()) std::abort();
        })),
        "ns/sample");
  Print(samples, "gzip of the page", per_sample(LeastNanoseconds([&] {
          GzipSink sink;
          for (const std::string& chunk : chunks) sink.Write(chunk);
          if (sink.Finish().empty()) std::abort();
        })),
        "ns/sample");
  Exposer exposer(OpenMetricsMode::kAuto);
  exposer.Expose(page, "", "");
  if (exposer.stats().bodies > 0) {  // one that fits the cache
    Print(samples, "cached body", LeastNanoseconds([&] {
                                    for (int i = 0; i < 1000; ++i) exposer.Expose(page, "", "");
                                  }) / 1000,
          "ns/scrape");
  }
}

void MeasurePrometheusCpp(size_t samples, const std::vector<Row>& rows) {
  const auto families = Families(rows);
  const double ns = LeastNanoseconds([&] {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    if (out.str().empty()) std::abort();
  });
  Print(samples, "prometheus-cpp, families to text", ns / static_cast<double>(samples),
        "ns/sample");
}

}  // namespace

void Measure(size_t samples) {
  Filler filler(samples / kFamilies);
  MeasureOurs(samples, filler);
  MeasurePrometheusCpp(samples, filler.rows());
}

void Once(const std::string& stage, size_t samples) {
  Filler filler(samples / kFamilies);
  const auto page = PageOf(filler.Fill());
  const std::map<std::string, Writer> writers = {{"text", &WriteText004},
                                                 {"openmetrics", &WriteOpenMetrics100},
                                                 {"protobuf", &WriteProtobufPage}};
  const auto writer = writers.find(stage);
  if (writer != writers.end() && Render(page, writer->second).empty()) std::abort();
}

}  // namespace pillion::bench

int main(int argc, char** argv) {
  pillion::SetUpMalloc();
  const auto number = [&](int i) {
    return static_cast<size_t>(std::strtoull(argv[i], nullptr, 10));
  };
  if (argc == 4 && std::strcmp(argv[1], "--once") == 0) {
    pillion::bench::Once(argv[2], number(3));
    return 0;
  }
  for (int i = 1; i < argc; ++i) pillion::bench::Measure(number(i));
  return 0;
}
