// Native histograms as classic buckets.
#include "exposition/buckets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

namespace pillion {
namespace {

struct Shown {
  std::vector<double> bounds, counts;
};

Shown Show(NativeHistogram native, double count) {
  Fragment fragment;
  Distribution d;
  d.native = 0;
  d.count = count;
  fragment.natives.push_back(std::move(native));
  BucketReader reader;
  const Buckets buckets = reader.Of(fragment, d);
  return {{buckets.bounds.begin(), buckets.bounds.end()},
          {buckets.counts.begin(), buckets.counts.end()}};
}

using Numbers = std::vector<double>;

TEST_CASE("positive buckets of schema 0 are powers of two") {
  NativeHistogram h;
  h.positive_spans = {{0, 3}};
  h.positive_counts = {1, 2, 3};
  const Shown shown = Show(h, 6);
  CHECK(shown.bounds == Numbers{0.5, 1, 2, 4});
  CHECK(shown.counts == Numbers{0, 1, 3, 6});
}

TEST_CASE("schemas set the number of buckets between powers of two") {
  NativeHistogram h;
  h.positive_counts = {1};
  h.schema = 1;
  h.positive_spans = {{1, 1}};
  CHECK(Show(h, 1).bounds == Numbers{1, std::sqrt(2)});
  h.schema = 3;
  h.positive_spans = {{8, 1}};
  CHECK(Show(h, 1).bounds.back() == 2);
  h.schema = -1;
  h.positive_spans = {{1, 1}};
  CHECK(Show(h, 1).bounds == Numbers{1, 4});
  h.schema = -4;
  CHECK(Show(h, 1).bounds == Numbers{1, 65536});
}

TEST_CASE("gaps and empty buckets give the lower bound of the next populated one") {
  NativeHistogram h;
  h.positive_spans = {{1, 4}, {2, 1}};
  h.positive_counts = {1, 0, 0, 2, 4};
  const Shown shown = Show(h, 7);
  CHECK(shown.bounds == Numbers{1, 2, 8, 16, 64, 128});
  CHECK(shown.counts == Numbers{0, 1, 1, 3, 3, 7});
}

TEST_CASE("negative buckets come first and mirrored") {
  NativeHistogram h;
  h.negative_spans = {{1, 2}};
  h.negative_counts = {3, 5};  // (-2,-1] and (-4,-2]
  h.zero_threshold = 0.5;
  h.zero_count = 2;
  h.positive_spans = {{0, 1}};
  h.positive_counts = {1};
  const Shown shown = Show(h, 11);
  CHECK(shown.bounds == Numbers{-4, -2, -1, -0.5, 0.5, 1});
  CHECK(shown.counts == Numbers{0, 5, 8, 8, 10, 11});
}

TEST_CASE("a zero bucket without width is a bound of zero and not of minus zero") {
  NativeHistogram h;
  h.zero_count = 2;
  const Shown shown = Show(h, 2);
  CHECK(shown.bounds == Numbers{0});
  CHECK_FALSE(std::signbit(shown.bounds[0]));
  CHECK(shown.counts == Numbers{2});
}

TEST_CASE("an empty native histogram has no buckets but the last") {
  CHECK(Show({}, 0).bounds.empty());
}

TEST_CASE("buckets beyond the range of doubles fall into the last one") {
  NativeHistogram h;
  h.schema = -4;
  h.positive_spans = {{62, 4}};  // the upper ones exceed 2^1024
  h.positive_counts = {1, 1, 1, 1};
  const Shown shown = Show(h, 4);
  for (const double bound : shown.bounds) CHECK(std::isfinite(bound));
  CHECK(shown.counts.back() < 4);
  h.negative_spans = {{2'000'000'000, 1}};
  h.negative_counts = {1};
  for (const double bound : Show(h, 5).bounds) CHECK(std::isfinite(bound));
}

TEST_CASE("many buckets are joined until they fit") {
  NativeHistogram h;
  h.schema = 8;
  h.positive_spans = {{-2000, 4000}};
  h.positive_counts.assign(4000, 1);
  const Shown shown = Show(h, 4000);
  CHECK(shown.bounds.size() <= kNativeBucketsMax + 1);
  CHECK(shown.bounds.size() > kNativeBucketsMax / 4);
  CHECK(shown.counts.back() == 4000);
  for (size_t i = 1; i < shown.bounds.size(); ++i) {
    REQUIRE(shown.bounds[i] > shown.bounds[i - 1]);
    REQUIRE(shown.counts[i] >= shown.counts[i - 1]);
  }
  CHECK(shown.bounds[shown.bounds.size() / 2] > 0.5);
}

TEST_CASE("joined buckets keep the counts below each bound they share") {
  NativeHistogram h;
  h.schema = 5;
  h.positive_spans = {{-100, 400}};
  h.positive_counts.resize(400);
  std::iota(h.positive_counts.begin(), h.positive_counts.end(), 1);
  const double total = std::accumulate(h.positive_counts.begin(), h.positive_counts.end(), 0.0);
  const Shown shown = Show(h, total);
  for (size_t i = 0; i < shown.bounds.size(); ++i) {
    const int upper = static_cast<int>(std::lround(std::log2(shown.bounds[i]) * 32));
    double below = 0;
    for (int index = -100; index <= upper && index < 300; ++index) below += index + 101;
    CAPTURE(shown.bounds[i]);
    CHECK(shown.counts[i] == below);
  }
}

TEST_CASE("classic buckets are shown as they are kept") {
  Fragment fragment;
  fragment.numbers = {9, 9, 1, 2, 10, 20};
  Distribution d;
  d.first = 2;
  d.size = 2;
  BucketReader reader;
  const Buckets buckets = reader.Of(fragment, d);
  CHECK(buckets.bounds.data() == fragment.numbers.data() + 2);
  CHECK(Numbers(buckets.bounds.begin(), buckets.bounds.end()) == Numbers{1, 2});
  CHECK(Numbers(buckets.counts.begin(), buckets.counts.end()) == Numbers{10, 20});
}

}  // namespace
}  // namespace pillion
