// What did not change since the page before is not compressed again, and reads the same.
#include "exposition/render.hpp"

#include "core/exposition/gunzip.hpp"
#include "core/exposition/page_fixture.hpp"
#include "exposition/exposer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace pillion::test {
namespace {

constexpr Format kFormatList[] = {Format::kText004, Format::kOpenMetrics100, Format::kProtobuf};

// An instance with two collectors, of which one seldom reads anything new.
class Instance {
 public:
  // `from`, `to`: the names of the families that are steady.
  Instance(char from, char to) : from_(from), to_(to) {}

  // All families have the value, but those whose names begin with `prefix` have another.
  FragmentPtr Read(double value, const std::string& prefix = "-", double other = 0) {
    for (char c = from_; c <= to_; ++c) {
      for (int i = 0; i < 20; ++i) {
        const std::string name = std::string(1, c) + "_" + std::to_string(100 + i);
        Add(steady_, name, name.starts_with(prefix) ? other : value);
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

Plan Next(const Page& page, const Plan& last) { return MakePagePlan(page, {}, {}, last); }

BodyPtr Plain(const PagePlan& plan, Format format) {
  return Render(plan, format, Encoding::kIdentity, nullptr, {}).body;
}

std::string Unpacked(const BodyPtr& body) { return Gunzip(Join(body->chunks)); }

// A page of text or OpenMetrics by its families, with what stands last, which is no family.
std::vector<std::string> FamiliesOf(const std::string& text) {
  std::vector<std::string> families(1);
  std::string name;  // of the family that goes on
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at) + 1;
    const std::string line = text.substr(at, end - at);
    at = end;
    if (line.starts_with("# EOF")) {
      CHECK(at == text.size());
      families.push_back(line);
      continue;
    }
    const bool meta = line.starts_with("# HELP ") || line.starts_with("# TYPE ");
    const std::string of = meta ? line.substr(7, line.find(' ', 7) - 7) : name;
    if (of != name) families.emplace_back();
    name = of;
    families.back() += line;
  }
  std::sort(families.begin(), families.end());
  return families;
}

std::vector<double> Values(const PagePlan& plan) {
  std::vector<double> values;
  for (const PlanFamily& family : plan.families) {
    ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
      values.push_back(part.fragment->values[point]);
    });
  }
  return values;
}

}  // namespace

TEST_CASE("families that read the same on two more pages are steady if there are enough") {
  const auto last_of = [](char to, int pages) {
    Instance instance('b', to);
    Plan plan;
    // Read anew each time: that they are equal counts, not that they are the same objects.
    for (int i = 0; i < pages; ++i) plan = Next(Page{instance.Poll(instance.Read(1), i)}, plan);
    return plan;
  };
  CHECK(last_of('b', 1)->steady.id == 0);
  CHECK(last_of('b', 2)->steady.id == 0);
  const Plan plan = last_of('b', 3);
  CHECK(plan->steady.id != 0);
  REQUIRE(plan->steady.families.size() == 20);
  CHECK(plan->families[plan->steady.families.front()].desc->name == "b_100");
  CHECK(plan->families[plan->steady.families.back()].desc->name == "b_119");
}

TEST_CASE("what is steady keeps its number until one of its values moves") {
  Instance instance('b', 'd');
  Plan plan;
  const auto poll = [&](double moved) {
    static double now = 0;
    plan = Next(Page{instance.Poll(instance.Read(1, "c_105", moved), ++now)}, plan);
    return plan->steady.id;
  };
  for (int i = 0; i < 3; ++i) poll(1);
  const uint64_t id = plan->steady.id;
  REQUIRE(id != 0);
  CHECK(poll(1) == id);
  CHECK(plan->steady.families.size() == 60);
  const uint64_t without = poll(2);
  CHECK(without != id);
  CHECK(plan->steady.families.size() == 59);
  // It alone is not worth a new piece, whatever it does.
  for (int i = 0; i < 5; ++i) CHECK(poll(2) == without);
  CHECK(poll(3) == without);
}

TEST_CASE("a family that moves now and then costs the piece ever more seldom") {
  Instance instance('b', 'd');
  Plan plan;
  std::vector<uint64_t> ids;
  for (int i = 0; i < 1000; ++i) {
    // All of one letter move every tenth page.
    const int tenth = i / 10;
    plan = Next(Page{instance.Poll(instance.Read(1, "c_", tenth), i)}, plan);
    if (ids.empty() || ids.back() != plan->steady.id) ids.push_back(plan->steady.id);
  }
  CHECK(ids.size() < 12);
  CHECK(plan->steady.families.size() == 40);
}

TEST_CASE("values that differ in their bits only are not the same") {
  Instance instance('b', 'd');
  Plan plan;
  for (const double zero : {0.0, 0.0, 0.0, 0.0, -0.0}) {
    plan = Next(Page{instance.Poll(instance.Read(1, "c_105", zero), 1)}, plan);
  }
  CHECK(plan->steady.families.size() == 59 + 3);  // and those of the other collector
  CHECK(Text(Page{instance.Poll(instance.Read(1, "c_105", -0.0), 1)}).find("c_105 -0") !=
        std::string::npos);
}

TEST_CASE("a plan that nobody else holds is used up and else left as it was") {
  Instance instance('b', 'd');
  Plan first = MakePagePlan(Page{instance.Poll(instance.Read(1), 1)});
  const PagePlan* const place = first.get();
  Plan held = first;
  const Plan second = MakePagePlan(Page{instance.Poll(instance.Read(2), 2)}, {}, {}, first);
  CHECK(second.get() != place);
  CHECK(Values(*held)[1] == 1);
  CHECK(Values(*second)[1] == 2);
  held.reset();
  const Plan third =
      MakePagePlan(Page{instance.Poll(instance.Read(3), 3)}, {}, {}, std::move(first));
  CHECK(third.get() == place);
  CHECK(Values(*third)[1] == 3);
  CHECK(Values(*third).size() == 63);
}

TEST_CASE("the steady families are taken as they were compressed and only if they are the same") {
  Instance instance('b', 'f');
  Plan plan;
  for (int i = 0; i < 3; ++i) plan = Next(Page{instance.Poll(instance.Read(1), i)}, plan);
  for (const Format format : kFormatList) {
    CAPTURE(static_cast<int>(format));
    const Rendered made = Render(*plan, format, Encoding::kGzip, nullptr, {});
    CHECK(made.piece.id == plan->steady.id);
    const std::string whole = Join(Plain(*plan, format)->chunks);
    CHECK(Unpacked(made.body).size() == whole.size());

    const Plan next = Next(Page{instance.Poll(instance.Read(1), 9)}, plan);
    const Rendered again = Render(*next, format, Encoding::kGzip, nullptr, made.piece);
    CHECK(again.piece.piece == made.piece.piece);
    if (format != Format::kProtobuf) {
      CHECK(FamiliesOf(Unpacked(again.body)) == FamiliesOf(Join(Plain(*next, format)->chunks)));
    }
    SteadyPiece other = made.piece;
    other.id += 1'000'000;
    const Rendered anew = Render(*next, format, Encoding::kGzip, nullptr, other);
    CHECK(anew.piece.piece != made.piece.piece);
    CHECK(Unpacked(anew.body) == Unpacked(again.body));
  }
}

TEST_CASE("what is steady is compressed once for all pages that have it") {
  Exposer exposer(OpenMetricsMode::kAuto);
  Instance instance('b', 'z');
  const char* open = "application/openmetrics-text;version=1.0.0";
  const auto expose = [&](double value, const char* accept) {
    return exposer.Expose(Page{instance.Poll(instance.Read(1), value)}, accept, "gzip").body;
  };
  // The piece is a chunk of its own; pages of the other format in between do not cost it.
  const auto share_a_chunk = [](const BodyPtr& a, const BodyPtr& b) {
    return std::any_of(a->chunks.begin(), a->chunks.end(), [&](const std::string& chunk) {
      return chunk.size() > 500 &&
             std::find(b->chunks.begin(), b->chunks.end(), chunk) != b->chunks.end();
    });
  };
  std::vector<BodyPtr> text, open_metrics;
  for (int poll = 0; poll < 8; ++poll) {
    const bool is_text = poll % 2 == 0;
    (is_text ? text : open_metrics).push_back(expose(poll, is_text ? "" : open));
  }
  CHECK(share_a_chunk(text[1], text[2]));
  CHECK(share_a_chunk(text[2], text[3]));
  CHECK(share_a_chunk(open_metrics[1], open_metrics[2]));
  CHECK(share_a_chunk(open_metrics[2], open_metrics[3]));
}

TEST_CASE("pages with pieces read as the same pages without them") {
  Exposer exposer(OpenMetricsMode::kAuto);
  Instance instance('b', 'f');
  std::mt19937 engine(5);
  FragmentPtr steady = instance.Read(1);
  for (int poll = 0; poll < 300; ++poll) {
    const int fortieth = poll / 40;
    const std::string moving = "c_1" + std::to_string(engine() % 3);
    if (engine() % 8 == 0) steady = instance.Read(fortieth, moving, poll);
    const Page page{instance.Poll(steady, poll)};
    for (auto scrapes = engine() % 3; scrapes > 0; --scrapes) {
      const char* accept = engine() % 2 == 0 ? "" : "application/openmetrics-text;version=1.0.0";
      const char* encoding = engine() % 4 == 0 ? "" : "gzip";
      const BodyPtr body = exposer.Expose(page, accept, encoding).body;
      const bool open = body->format == Format::kOpenMetrics100;
      const std::string wanted = open ? OpenMetrics(page) : Text(page);
      const bool gzip = body->encoding == Encoding::kGzip;
      const std::string got = gzip ? Unpacked(body) : Join(body->chunks);
      CHECK((FamiliesOf(got) == FamiliesOf(wanted)));
      if (!gzip) CHECK((got == wanted));
    }
  }
}

}  // namespace pillion::test
