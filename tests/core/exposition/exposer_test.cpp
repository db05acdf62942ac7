#include "exposition/exposer.hpp"

#include "core/exposition/allocations.hpp"
#include "core/exposition/gunzip.hpp"
#include "core/exposition/page_fixture.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <new>
#include <set>
#include <thread>

namespace pillion::test {
namespace {

constexpr std::string_view kOpen = "application/openmetrics-text,text/plain;q=0.5";

SnapshotPtr One(const std::string& instance, double value = 1) {
  Maker maker(LabelPairs{{"i", instance}});
  maker.Gauge("a", value);
  return maker.Snapshot(instance);
}

SnapshotPtr Many(const std::string& instance, int samples) {
  Maker maker(LabelPairs{{"i", instance}});
  const uint32_t family = maker.Family("a_total", MetricType::kCounter);
  for (int i = 0; i < samples; ++i) {
    maker.builder().Add(family, maker.Labels({{"n", std::to_string(i)}}), i);
  }
  return maker.Snapshot(instance);
}

TEST_CASE("a page is rendered once for each format and encoding") {
  Exposer exposer(OpenMetricsMode::kAuto);
  const std::vector snapshots = {One("i")};
  std::set<const Body*> bodies;
  for (int round = 0; round < 2; ++round) {
    for (const std::string_view accept : {std::string_view(), kOpen}) {
      for (const std::string_view encoding : {"", "gzip", "zstd"}) {
        bodies.insert(exposer.Expose(snapshots, accept, encoding).body.get());
      }
    }
  }
  CHECK(bodies.size() == 6);
  CHECK(exposer.stats().bodies == 6);
  CHECK(exposer.stats().pages == 1);
}

TEST_CASE("a body says what it is and holds it") {
  Exposer exposer(OpenMetricsMode::kAuto);
  const std::vector snapshots = {One("i")};
  const BodyPtr text = exposer.Expose(snapshots, "", "").body;
  CHECK(text->format == Format::kText004);
  CHECK(text->encoding == Encoding::kIdentity);
  CHECK(Join(text->chunks) == "# HELP a Help.\n# TYPE a gauge\na{i=\"i\"} 1\n");
  CHECK(text->size == Join(text->chunks).size());
  const BodyPtr open = exposer.Expose(snapshots, kOpen, "gzip").body;
  CHECK(open->format == Format::kOpenMetrics100);
  CHECK(open->encoding == Encoding::kGzip);
  CHECK(open->size == Join(open->chunks).size());
  CHECK(Gunzip(Join(open->chunks)) == "# TYPE a gauge\n# HELP a Help.\na{i=\"i\"} 1\n# EOF\n");
}

TEST_CASE("gzip gives the same page whether or not the plain one is there already") {
  const std::vector snapshots = {Many("i", 40'000)};  // beyond what is compressed at once
  Exposer cold(OpenMetricsMode::kAuto), warm(OpenMetricsMode::kAuto);
  const std::string plain = Join(warm.Expose(snapshots, "", "").body->chunks);
  REQUIRE(plain.size() > 1 << 20);
  CHECK((Gunzip(Join(warm.Expose(snapshots, "", "gzip").body->chunks)) == plain));
  CHECK((Gunzip(Join(cold.Expose(snapshots, "", "gzip").body->chunks)) == plain));
}

TEST_CASE("the mode and the page decide whether OpenMetrics is served") {
  Maker maker;
  maker.Value("a", MetricType::kCounter, {}, 1);  // OpenMetrics would lose its type
  const std::vector unclean = {maker.Snapshot("i")};
  Exposer automatic(OpenMetricsMode::kAuto), always(OpenMetricsMode::kAlways),
      never(OpenMetricsMode::kNever);
  CHECK(automatic.Expose(unclean, kOpen, "").body->format == Format::kText004);
  CHECK(automatic.Expose(unclean, "application/openmetrics-text", "").body->format ==
        Format::kOpenMetrics100);
  CHECK(always.Expose(unclean, kOpen, "").body->format == Format::kOpenMetrics100);
  CHECK(never.Expose(std::vector{One("i")}, kOpen, "").body->format == Format::kText004);
}

TEST_CASE("what the merge left out is reported fresh once and to everybody") {
  Exposer exposer(OpenMetricsMode::kAuto);
  Maker one, two;
  one.Gauge("a", 1);
  two.Gauge("a", 2);
  const std::vector snapshots = {one.Snapshot("one"), two.Snapshot("two")};
  const Exposition first = exposer.Expose(snapshots, "", "");
  const Exposition second = exposer.Expose(snapshots, kOpen, "gzip");
  CHECK(first.fresh);
  CHECK_FALSE(second.fresh);
  CHECK(first.drops->total() == 1);
  CHECK(second.drops == first.drops);
  exposer.Expose(std::vector{One("one")}, "", "");       // supersedes the page
  CHECK_FALSE(exposer.Expose(snapshots, "", "").fresh);  // which was counted all the same
}

TEST_CASE("a page is forgotten once one of its instances has moved on") {
  Exposer exposer(OpenMetricsMode::kAuto);
  const SnapshotPtr other = One("other");
  std::weak_ptr<const Fragment> old;
  BodyPtr held;
  {
    const SnapshotPtr first = One("i");
    old = first->fragments[0];
    held = exposer.Expose(std::vector{first, other}, "", "").body;
    exposer.Expose(std::vector{first}, "", "");
    exposer.Expose(std::vector{other}, "", "");
  }
  CHECK(exposer.stats().pages == 3);
  exposer.Expose(std::vector{One("i", 2), other}, "", "");
  CHECK(exposer.stats().pages == 2);  // `other` alone is as good as it was
  CHECK(old.expired());
  CHECK(held->size > 0);  // a reader keeps what it reads
}

TEST_CASE("an older set of fragments is served but neither kept nor harmful to the newer") {
  Exposer exposer(OpenMetricsMode::kAuto);
  const SnapshotPtr older = One("i", 1), newer = One("i", 2);
  const BodyPtr body = exposer.Expose(std::vector{newer}, "", "").body;
  CHECK(Join(exposer.Expose(std::vector{older}, "", "").body->chunks).find("} 1\n") !=
        std::string::npos);
  CHECK(exposer.stats().pages == 1);
  CHECK(exposer.Expose(std::vector{newer}, "", "").body == body);
}

TEST_CASE("the number of kept bodies and pages is bounded and the longest unused goes first") {
  Exposer exposer(OpenMetricsMode::kAuto);
  const std::vector first = {One("first")};
  const BodyPtr kept = exposer.Expose(first, "", "").body;
  for (int i = 0; i < 100; ++i) {
    exposer.Expose(std::vector{One("i" + std::to_string(i))}, "", "");
    CHECK(exposer.stats().bodies <= Exposer::kBodiesMax);
    CHECK(exposer.stats().pages <= Exposer::kPagesMax);
    REQUIRE(exposer.Expose(first, "", "").body == kept);
  }
  CHECK(exposer.stats().bodies == Exposer::kBodiesMax);
}

TEST_CASE("the bytes of kept bodies are bounded") {
  Exposer exposer(OpenMetricsMode::kAuto);
  const SnapshotPtr large = Many("a", 500'000);  // 14 MB of text
  for (const char* name : {"b", "c", "d", "e", "f", "g"}) {
    const auto exposition = exposer.Expose(std::vector{large, One(name)}, "", "");
    CHECK(exposition.body->size > Exposer::kBodyBytesMax / 6);
    CHECK(exposer.stats().body_bytes <= Exposer::kBodyBytesMax);
  }
  CHECK(exposer.stats().bodies > 1);
}

TEST_CASE("a body beyond the bound is served and costs no other body its place") {
  Exposer exposer(OpenMetricsMode::kAuto);
  const std::vector small = {One("small")};
  const BodyPtr kept = exposer.Expose(small, "", "").body;
  Maker maker;
  const uint32_t family = maker.Family("a", MetricType::kGauge);
  for (int i = 0; i < 17'000; ++i) {
    maker.builder().Add(family, maker.Labels({{"x", std::to_string(i) + std::string(4090, 'x')}}),
                        i);
  }
  const std::vector huge = {maker.Snapshot("huge")};
  CHECK(exposer.Expose(huge, "", "").body->size > Exposer::kBodyBytesMax);
  CHECK(exposer.stats().bodies == 1);
  CHECK(exposer.Expose(small, "", "").body == kept);
  CHECK_FALSE(exposer.Expose(huge, "", "").fresh);  // the page is known all the same
}

// One call is held up while it renders until all others wait for it.
TEST_CASE("threads that ask for one page share one rendering") {
  constexpr size_t kThreads = 8;
  for (const char* encoding : {"", "gzip", "zstd"}) {
    Exposer exposer(OpenMetricsMode::kAuto);
    const std::vector snapshots = {Many("i", 100)}, others = {One("other")};
    std::array<Exposition, kThreads> got;
    std::vector<std::thread> threads;
    std::atomic<size_t> done{0};
    OnAllocationOf(kChunkBytes, [&] {
      for (size_t t = 1; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          got[t] = exposer.Expose(snapshots, "", encoding);
          ++done;
        });
      }
      while (exposer.stats().waiting + done < kThreads - 1) std::this_thread::yield();
      std::thread other([&] { CHECK(exposer.Expose(others, "", encoding).fresh); });
      other.join();  // another page is not held up
    });
    got[0] = exposer.Expose(snapshots, "", encoding);
    REQUIRE(threads.size() == kThreads - 1);
    for (std::thread& thread : threads) thread.join();
    int fresh = 0;
    for (const Exposition& e : got) {
      CHECK(e.body == got[0].body);
      fresh += e.fresh;
    }
    CHECK(fresh == 1);
    CHECK(exposer.stats().waiting == 0);
  }
}

TEST_CASE("calls that wait for one that fails try for themselves") {
  constexpr size_t kThreads = 8;
  Exposer exposer(OpenMetricsMode::kAuto);
  const std::vector snapshots = {Many("i", 100)};
  std::array<BodyPtr, kThreads> bodies;
  std::vector<std::thread> threads;
  OnAllocationOf(kChunkBytes, [&] {
    for (size_t t = 1; t < kThreads; ++t) {
      threads.emplace_back([&, t] { bodies[t] = exposer.Expose(snapshots, "", "").body; });
    }
    while (exposer.stats().waiting < kThreads - 1) std::this_thread::yield();
    throw std::bad_alloc();
  });
  CHECK_THROWS_AS(exposer.Expose(snapshots, "", ""), std::bad_alloc);
  for (std::thread& thread : threads) thread.join();
  for (size_t t = 1; t < kThreads; ++t) {
    REQUIRE(bodies[t] != nullptr);
    CHECK(bodies[t] == bodies[1]);
  }
}

TEST_CASE("threads that ask for changing pages all get the page they asked for") {
  constexpr int kThreads = 8, kRounds = 50;
  Exposer exposer(OpenMetricsMode::kAuto);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        const int value = t * kRounds + round;
        const std::vector snapshots = {One("i" + std::to_string(t % 3), value)};
        const BodyPtr body = exposer.Expose(snapshots, round % 2 == 0 ? kOpen : "", "").body;
        wrong += Join(body->chunks).find("} " + std::to_string(value) + "\n") == std::string::npos;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(exposer.stats().pages <= 3);
}

// Every allocation of a call fails once. The call may throw; the next one must not notice.
void FailEachAllocation(const std::vector<SnapshotPtr>& snapshots, std::string_view accept,
                        std::string_view encoding) {
  for (uint64_t n = 0;; ++n) {
    CAPTURE(n);
    REQUIRE(n < 2000);
    Exposer exposer(OpenMetricsMode::kAuto);
    bool threw = false;
    FailAllocation(n);
    try {
      exposer.Expose(snapshots, accept, encoding);
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    const bool all_allocations_passed = FailureIsPending();
    StopFailing();
    const Exposition e = exposer.Expose(snapshots, accept, encoding);
    REQUIRE(e.body != nullptr);
    REQUIRE(e.body->size > 0);
    if (all_allocations_passed) {
      REQUIRE_FALSE(threw);
      break;
    }
  }
}

TEST_CASE("running out of memory costs one call and leaves the exposer whole") {
  for (const char* encoding : {"", "gzip", "zstd"}) {
    FailEachAllocation({Many("i", 100)}, "", encoding);
  }
}

TEST_CASE("running out of memory while names are escaped leaves the exposer whole too") {
  Maker maker(LabelPairs{{"i.j", "x"}});
  maker.Value("a.b_total", MetricType::kCounter, {{"c.d", "1"}}, 1);
  maker.Exemplar("t.u", "x", 1, 2);
  maker.Value("a_b_total", MetricType::kCounter, {{"c_d", "1"}}, 1);
  const std::vector snapshots = {maker.Snapshot("i")};
  FailEachAllocation(snapshots, "", "");
  FailEachAllocation(snapshots, std::string(kOpen) + ";escaping=values", "");
}

}  // namespace
}  // namespace pillion::test
