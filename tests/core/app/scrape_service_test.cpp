#include "app/scrape_service.hpp"

#include "core/poll/fakes.hpp"

#include <future>
#include <limits>

using namespace pillion;
using namespace pillion::test;

namespace {

// Two instances whose polls the test ends, behind the real service.
struct Bench {
  explicit Bench(SelfMetrics self_metrics = SelfMetrics::kMerged, bool prefetch = true) {
    auto config = std::make_shared<Config>();
    config->self = self_metrics;
    config->http.scrape_timeout = 200ms;
    for (const char* name : {"left", "right"}) {
      auto instance = std::make_shared<InstanceConfig>();
      instance->name = name;
      instance->type = "fake";
      instance->timeout = 5s;
      instance->prefetch = prefetch;
      instance->collectors.resize(2);
      instance->collectors[1].enabled = false;
      auto runner = std::make_unique<FakeRunner>();
      runners.push_back(runner.get());
      pollers.push_back(InstancePoller::Create({.type = FakeType(),
                                                .config = instance,
                                                .scrape_lane = std::move(runner),
                                                .slow_lane = nullptr,
                                                .make_lane = nullptr,
                                                .timers = &scheduler,
                                                .clock = &SystemClock(),
                                                .observer = &self,
                                                .random = [] { return 0.5; }}));
    }
    ProbeConfig probe;
    probe.name = "any";
    probe.address_option = "address";
    probe.address = "{target}";
    probe.targets = {"left", "right"};
    probes = std::make_unique<ProbeTargets>(
        std::vector{probe},
        [this](std::shared_ptr<const InstanceConfig> instance) {
          return Result(pollers[instance->target == "left" ? 0 : 1]);
        },
        &scheduler, &SystemClock());
    service = std::make_unique<ScrapeService>(config, pollers, probes.get(), &self, &scheduler,
                                              &SystemClock());
  }

  std::future<ScrapeAnswer> Scrape(const std::string& instance = "",
                                   std::optional<double> timeout = std::nullopt) {
    ScrapeRequest request;
    request.instance = instance;
    request.timeout_seconds = timeout;
    return Ask(std::move(request));
  }
  std::future<ScrapeAnswer> Ask(ScrapeRequest request) {
    auto promise = std::make_shared<std::promise<ScrapeAnswer>>();
    service->Scrape(std::move(request),
                    [promise](ScrapeAnswer a) { promise->set_value(std::move(a)); });
    return promise->get_future();
  }
  void Finish(size_t i, double value) {
    PollOutcome outcome;
    outcome.ended = SystemClock().Now();
    outcome.ended_unix = SystemClock().UnixSeconds();
    outcome.collectors.push_back(
        {0, Reason::kOk, "", 1ms, OneSample(0, i == 0 ? "left_value" : "right_value", value)});
    runners[i]->Finish(std::move(outcome));
  }

  SelfRegistry self{"test"};
  Scheduler scheduler{&SystemClock()};
  std::vector<FakeRunner*> runners;
  std::vector<std::shared_ptr<InstancePoller>> pollers;
  std::unique_ptr<ProbeTargets> probes;
  std::unique_ptr<ScrapeService> service;
};

std::string Page(ScrapeAnswer answer) {
  REQUIRE(answer.status == 200);
  REQUIRE(answer.body != nullptr);
  std::string page;
  for (const std::string& chunk : answer.body->chunks) page += chunk;
  return page;
}

bool Has(const std::string& page, std::string_view line) {
  return page.find("\n" + std::string(line)) != std::string::npos;
}

}  // namespace

TEST_CASE("the scrape's budget is the header less its margin and at most the own limit") {
  CHECK(ScrapeBudget(10s, std::nullopt) == 10s);
  CHECK(ScrapeBudget(10s, 10.0) == 9500ms);
  CHECK(ScrapeBudget(10s, 5.0) == 4750ms);
  CHECK(ScrapeBudget(10s, 1.0) == 950ms);
  CHECK(ScrapeBudget(10s, 0.5) == 450ms);
  CHECK(ScrapeBudget(10s, 0.06) == 30ms);  // never less than half of it
  CHECK(ScrapeBudget(10s, 60.0) == 10s);
  CHECK(ScrapeBudget(60s, 30.0) == 29500ms);
}

TEST_CASE("a nonsensical timeout header counts as none") {
  for (const double nonsense : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::infinity(), 1e300}) {
    CHECK(ScrapeBudget(10s, nonsense) == 10s);
  }
}

TEST_CASE("the merged page has all instances and our own metrics") {
  Bench bench;
  auto answer = bench.Scrape();
  bench.Finish(0, 1);
  bench.Finish(1, 2);
  const std::string page = Page(answer.get());
  CHECK(Has(page, "left_value 1\n"));
  CHECK(Has(page, "right_value 2\n"));
  CHECK(Has(page, "pillion_build_info{version=\"test\"} 1\n"));
  CHECK(Has(page, "pillion_instance_up{exporter=\"fake\",instance_name=\"left\"} 1\n"));
}

TEST_CASE("an instance that does not answer is up 0 and the others are complete") {
  Bench bench;
  auto answer = bench.Scrape();
  bench.Finish(1, 2);
  REQUIRE(answer.wait_for(10s) == std::future_status::ready);
  const std::string page = Page(answer.get());
  CHECK(Has(page, "pillion_instance_up{exporter=\"fake\",instance_name=\"left\"} 0\n"));
  CHECK(Has(page, "pillion_instance_up{exporter=\"fake\",instance_name=\"right\"} 1\n"));
  CHECK(Has(page, "right_value 2\n"));
  bench.Finish(0, 1);
}

TEST_CASE("one instance alone has neither the others nor our own metrics") {
  Bench bench;
  auto answer = bench.Scrape("left");
  bench.Finish(0, 1);
  const std::string page = Page(answer.get());
  CHECK(Has(page, "left_value 1\n"));
  CHECK(page.find("right") == std::string::npos);
  CHECK(page.find("pillion_build_info") == std::string::npos);
  CHECK(bench.runners[1]->started == 0);
}

TEST_CASE("the same scrape of the same fragments gets the same body and others don't") {
  Bench bench;
  ScrapeRequest request;
  auto first = bench.Ask(request);
  bench.Finish(0, 1);
  bench.Finish(1, 2);
  const BodyPtr body = first.get().body;
  auto again = bench.Ask(request);
  // Answered before the call returned: by nobody's thread but ours.
  REQUIRE(again.wait_for(0s) == std::future_status::ready);
  CHECK(again.get().body == body);
  request.accept = "application/openmetrics-text; version=1.0.0";
  CHECK(bench.Ask(request).get().body->format == Format::kOpenMetrics100);
  request.accept = "";
  request.accept_encoding = "gzip";
  CHECK(bench.Ask(request).get().body->encoding == Encoding::kGzip);
  request.accept_encoding = "";
  request.query.names = {"left_value"};
  CHECK(bench.Ask(request).get().body != body);
  request.query = {};
  request.query.exporters = {"fake"};  // without our own metrics
  CHECK(bench.Ask(request).get().body != body);
  request.query = {};
  CHECK(bench.Ask(request).get().body == body);
}

TEST_CASE("a query narrows the page to instances") {
  Bench bench;
  ScrapeRequest request;
  request.query.instances = {"right"};
  auto answer = bench.Ask(request);
  bench.Finish(1, 2);
  const std::string page = Page(answer.get());
  CHECK(Has(page, "right_value 2\n"));
  CHECK(page.find("left") == std::string::npos);
  CHECK(page.find("pillion_build_info") == std::string::npos);
  CHECK(bench.runners[0]->started == 0);

  request.query = {};
  request.query.exporters = {"pillion"};
  CHECK(Has(Page(bench.Ask(request).get()), "pillion_build_info{version=\"test\"} 1\n"));
}

TEST_CASE("a query narrows the page to collectors but not the host's own families") {
  Bench bench;
  for (const bool collect : {true, false}) {
    ScrapeRequest request;
    (collect ? request.query.collect : request.query.exclude) = {collect ? "slow" : "quick"};
    auto answer = bench.Ask(request);
    if (collect) bench.Finish(0, 1);
    if (collect) bench.Finish(1, 2);
    const std::string page = Page(answer.get());
    CHECK(page.find("left_value") == std::string::npos);
    CHECK(Has(page, "pillion_instance_up{exporter=\"fake\",instance_name=\"left\"} 1\n"));
  }
  ScrapeRequest both;
  both.query.collect = {"quick", "slow"};
  CHECK(Has(Page(bench.Ask(both).get()), "left_value 1\n"));
}

TEST_CASE("a query narrows the page to families and to those of a sample") {
  Bench bench;
  ScrapeRequest request;
  request.query.names = {"left_value", "pillion_poll_duration_seconds_count"};
  auto answer = bench.Ask(request);
  bench.Finish(0, 1);
  bench.Finish(1, 2);
  const std::string page = Page(answer.get());
  CHECK(Has(page, "left_value 1\n"));
  CHECK(Has(page, "pillion_poll_duration_seconds_bucket"));
  CHECK(page.find("right_value") == std::string::npos);
  CHECK(page.find("pillion_build_info") == std::string::npos);
}

TEST_CASE("a query for what there is not is a 400 that names what there is") {
  Bench bench;
  ScrapeRequest request;
  request.query.collect = {"quick", "quickly"};
  ScrapeAnswer answer = bench.Ask(request).get();
  CHECK(answer.status == 400);
  CHECK(answer.message == "no collector `quickly`; there are: quick slow");
  request.query = {};
  request.query.exporters = {"redis"};
  CHECK(bench.Ask(request).get().message == "no exporter `redis`; there are: fake pillion");
  request.query.exporters = {"fake"};
  request.query.instances = {"pillion"};
  CHECK(bench.Ask(request).get().status == 400);
  request.instance = "left";
  request.query = {};
  request.query.instances = {"right"};
  CHECK(bench.Ask(request).get().message == "no instance `right`; there are: left");
  CHECK(bench.runners[0]->started == 0);
}

TEST_CASE("an unknown instance is a 404 that names what there is") {
  Bench bench;
  const ScrapeAnswer answer = bench.Scrape("middle").get();
  CHECK(answer.status == 404);
  CHECK(answer.message == "no instance `middle`; there are: left pillion right");
}

TEST_CASE("our own metrics alone are new with each scrape") {
  Bench bench(SelfMetrics::kSeparate);
  const std::string polls =
      "pillion_poll_duration_seconds_count{exporter=\"fake\",instance_name=\"left\"} ";
  CHECK_FALSE(Has(Page(bench.Scrape("pillion").get()), polls));
  auto answer = bench.Scrape("left");
  bench.Finish(0, 1);
  Page(answer.get());
  CHECK(Has(Page(bench.Scrape("pillion").get()), polls + "1\n"));
}

TEST_CASE("our own metrics can stand apart") {
  Bench bench(SelfMetrics::kSeparate);
  auto merged = bench.Scrape();
  bench.Finish(0, 1);
  bench.Finish(1, 2);
  CHECK(Page(merged.get()).find("pillion_build_info") == std::string::npos);
  CHECK(Page(bench.Scrape("pillion").get()).find("pillion_build_info") != std::string::npos);
}

TEST_CASE("our own metrics can be switched off") {
  Bench bench(SelfMetrics::kOff);
  CHECK(bench.Scrape("pillion").get().status == 404);
}

TEST_CASE("scrapes within freshness get the very same body") {
  Bench bench;
  auto first = bench.Scrape();
  bench.Finish(0, 1);
  bench.Finish(1, 2);
  const BodyPtr body = first.get().body;
  for (int i = 0; i < 5; ++i) CHECK(bench.Scrape().get().body == body);
  CHECK(bench.runners[0]->started == 1);
}

TEST_CASE("after stop a scrape is answered 503 at once") {
  Bench bench;
  bench.service->Stop();
  CHECK(bench.Scrape().get().status == 503);
}

TEST_CASE("scrapes of instances without prefetch are not watched") {
  Bench bench(SelfMetrics::kMerged, /*prefetch=*/false);
  for (int i = 0; i < 3; ++i) {
    auto answer = bench.Scrape();
    if (bench.runners[0]->running()) bench.Finish(0, 1);
    if (bench.runners[1]->running()) bench.Finish(1, 2);
    answer.get();
  }
  CHECK_FALSE(bench.pollers[0]->prefetches());
  CHECK(bench.service->prefetch_stats().pages == 0);
}

TEST_CASE("health looks at the scheduler and readiness at nobody's target") {
  Bench bench;
  CHECK(bench.service->Healthy());
  CHECK_FALSE(bench.service->Ready());
  bench.service->SetReady(true);
  CHECK(bench.service->Ready());
  bench.scheduler.At(SystemClock().Now(), [] {});
  CHECK(bench.service->Healthy());
}

TEST_CASE("the page tells of the connections of the scrape plane") {
  Bench bench;
  bench.service->SetConnectionStats([] {
    ScrapePlaneStats stats;
    stats.connections = 7;
    stats.connections_closed_at_cap_total = 3;
    return stats;
  });
  const std::string page = Page(bench.Scrape("pillion").get());
  CHECK(page.find("pillion_http_connections 7\n") != std::string::npos);
  CHECK(page.find("pillion_http_connections_closed_total{reason=\"connections\"} 3\n") !=
        std::string::npos);
}

TEST_CASE("a probe's page has its target alone") {
  Bench bench;
  const auto ask = [&](const std::string& target, PageQuery query = {}) {
    ScrapeRequest request;
    request.probe = ProbeQuery{target, "any"};
    request.query = std::move(query);
    return bench.Ask(std::move(request));
  };
  auto answer = ask("right");
  while (!bench.runners[1]->running()) std::this_thread::yield();
  bench.Finish(1, 2);
  const std::string page = Page(answer.get());
  CHECK(Has(page, "right_value 2\n"));
  CHECK_FALSE(Has(page, "left_value"));
  CHECK_FALSE(Has(page, "pillion_build_info"));
  CHECK(ask("elsewhere").get().status == 403);
  CHECK(ask("a b").get().status == 400);
  CHECK(ask("right",
            {.exporters = {}, .instances = {}, .collect = {"none"}, .exclude = {}, .names = {}})
            .get()
            .status == 400);
  ScrapeRequest request;
  request.probe = ProbeQuery{"right", "other"};
  CHECK(bench.Ask(std::move(request)).get().status == 400);
}
