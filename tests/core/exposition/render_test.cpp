// What did not change since the page before is not compressed again, and reads the same.
#include "exposition/render.hpp"

#include "core/exposition/gunzip.hpp"
#include "core/exposition/page_fixture.hpp"
#include "exposition/exposer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace pillion::test {
namespace {

constexpr Format kFormatList[] = {Format::kText004, Format::kOpenMetrics100, Format::kProtobuf};

// An instance with two collectors, of which one seldom reads anything new.
class Instance {
 public:
  // `from`, `to`: the names of the families that are steady.
  Instance(char from, char to) : from_(from), to_(to) {}

  FragmentPtr Read(double value) {
    for (char c = from_; c <= to_; ++c) {
      for (int i = 0; i < 20; ++i) {
        Add(steady_, std::string(1, c) + "_" + std::to_string(100 + i), value + i);
      }
    }
    return steady_.Build();
  }
  SnapshotPtr Poll(const FragmentPtr& steady, double value) {
    for (const char* name : {"a", "m", "z"}) Add(moving_, name, value);
    auto snapshot = std::make_shared<pillion::Snapshot>();
    snapshot->instance = "i";
    snapshot->fragments = {moving_.Build(), steady};
    return snapshot;
  }

 private:
  // As an exporter does it: the family is the same object in each poll.
  static void Add(Maker& maker, const std::string& name, double value) {
    pillion_metric metric{};
    metric.size = sizeof metric;
    metric.name = ToStr(name);
    metric.type = PILLION_TYPE_GAUGE;
    maker.builder().Add(maker.builder().Declare(metric), 0, value);
  }

  const char from_, to_;
  Maker steady_, moving_;
};

using Page = std::vector<SnapshotPtr>;
using Plan = std::shared_ptr<const PagePlan>;

Plan Next(const Page& page, const Plan& last) { return MakePagePlan(page, {}, {}, last.get()); }

BodyPtr Plain(const PagePlan& plan, Format format) {
  return Render(plan, format, Encoding::kIdentity, nullptr, {}).body;
}

}  // namespace

TEST_CASE("families whose fragments are the same objects are steady if there are many") {
  Instance many('b', 'f'), apart('k', 'o'), few('b', 'd');
  const auto runs_of = [](Instance& instance) {
    const FragmentPtr steady = instance.Read(1);
    const Plan first = MakePagePlan(Page{instance.Poll(steady, 1)});
    CHECK(first->steady.empty());
    const Plan second = Next(Page{instance.Poll(steady, 2)}, first);
    const Plan third = Next(Page{instance.Poll(steady, 3)}, second);
    CHECK(second->steady == third->steady);
    CHECK(Next(Page{instance.Poll(instance.Read(1), 4)}, third)->steady.empty());
    return third->steady;
  };
  CHECK(runs_of(many) == std::vector<SteadyRun>{{1, 100}});
  CHECK(runs_of(few).empty());
  // m stands between 40 and 60 of them.
  CHECK(runs_of(apart).empty());
}

TEST_CASE("a run is taken as it was compressed and only if it is the same one") {
  Instance instance('b', 'f');
  const FragmentPtr steady = instance.Read(1);
  const Plan first = MakePagePlan(Page{instance.Poll(steady, 1)});
  const Plan second = Next(Page{instance.Poll(steady, 2)}, first);
  for (const Format format : kFormatList) {
    CAPTURE(static_cast<int>(format));
    const Rendered made = Render(*second, format, Encoding::kGzip, nullptr, {});
    REQUIRE(made.pieces.size() == 1);
    CHECK((Gunzip(Join(made.body->chunks)) == Join(Plain(*second, format)->chunks)));

    const Plan third = Next(Page{instance.Poll(steady, 3)}, second);
    const Rendered again = Render(*third, format, Encoding::kGzip, nullptr, made.pieces);
    CHECK(again.pieces.front().piece == made.pieces.front().piece);
    CHECK((Gunzip(Join(again.body->chunks)) == Join(Plain(*third, format)->chunks)));

    RunPieces other = made.pieces;
    other.front().run.count -= 1;
    const Rendered anew = Render(*third, format, Encoding::kGzip, nullptr, other);
    CHECK(anew.pieces.front().piece != made.pieces.front().piece);
    CHECK(anew.pieces.front().run == third->steady.front());
    CHECK((Gunzip(Join(anew.body->chunks)) == Join(Plain(*third, format)->chunks)));
  }
}

TEST_CASE("a run is compressed once for all pages that have it") {
  Exposer exposer(OpenMetricsMode::kAuto);
  Instance instance('b', 'z');
  const FragmentPtr steady = instance.Read(1);
  const char* open = "application/openmetrics-text;version=1.0.0";
  const auto expose = [&](double value, const char* accept) {
    return exposer.Expose(Page{instance.Poll(steady, value)}, accept, "gzip").body;
  };
  // The piece is a chunk of its own; pages of the other format in between do not cost it.
  const auto share_a_chunk = [](const BodyPtr& a, const BodyPtr& b) {
    return std::any_of(a->chunks.begin(), a->chunks.end(), [&](const std::string& chunk) {
      return chunk.size() > 500 &&
             std::find(b->chunks.begin(), b->chunks.end(), chunk) != b->chunks.end();
    });
  };
  std::vector<BodyPtr> text, open_metrics;
  for (int poll = 0; poll < 6; ++poll) {
    const bool is_text = poll % 2 == 0;
    (is_text ? text : open_metrics).push_back(expose(poll, is_text ? "" : open));
  }
  CHECK(share_a_chunk(text[1], text[2]));
  CHECK(share_a_chunk(open_metrics[0], open_metrics[1]));
  CHECK(share_a_chunk(open_metrics[1], open_metrics[2]));
}

TEST_CASE("pages with pieces read as the same pages without them") {
  Exposer exposer(OpenMetricsMode::kAuto);
  Instance instance('b', 'f');
  std::mt19937 engine(5);
  FragmentPtr steady = instance.Read(1);
  for (int poll = 0; poll < 300; ++poll) {
    if (engine() % 8 == 0) steady = instance.Read(poll);
    const Page page{instance.Poll(steady, poll)};
    for (auto scrapes = engine() % 3; scrapes > 0; --scrapes) {
      const char* accept = engine() % 2 == 0 ? "" : "application/openmetrics-text;version=1.0.0";
      const char* encoding = engine() % 4 == 0 ? "" : "gzip";
      const BodyPtr body = exposer.Expose(page, accept, encoding).body;
      const bool open = body->format == Format::kOpenMetrics100;
      const std::string wanted = open ? OpenMetrics(page) : Text(page);
      const bool gzip = body->encoding == Encoding::kGzip;
      const std::string got = gzip ? Gunzip(Join(body->chunks)) : Join(body->chunks);
      CHECK((got == wanted));
    }
  }
}

}  // namespace pillion::test
