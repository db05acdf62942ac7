// The pure parts: what requests mean, who is overdue, how text is escaped.
#include "config/listen_address.hpp"
#include "http/answer.hpp"
#include "http/connection_book.hpp"
#include "http/loop_watch.hpp"
#include "http/page_query.hpp"
#include "http/pinned_bodies.hpp"
#include "http/request_rules.hpp"
#include "http/scrape_pages.hpp"
#include "http/text_escape.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace pillion::test {
namespace {

using std::chrono::seconds;

constexpr ConnectionBook::Limits kLimits{seconds(1),  seconds(5),  seconds(120),
                                         seconds(10), seconds(30), seconds(0)};

ConnectionBook::Clock::time_point At(int second) {
  return ConnectionBook::Clock::time_point(seconds(second));
}

// Strings of the characters that the small parsers care about, with some that they don't.
class Strings {
 public:
  explicit Strings(std::string alphabet) : alphabet_(std::move(alphabet)) {}
  std::string Next() {
    std::string text(length_(random_), '\0');
    for (char& c : text) c = alphabet_[random_() % alphabet_.size()];
    return text;
  }

 private:
  std::mt19937 random_{20261122};
  std::uniform_int_distribution<size_t> length_{0, 24};
  std::string alphabet_;
};

constexpr int kRounds = 200'000;

}  // namespace

TEST_CASE("request targets are routed") {
  const auto route = [](std::string_view target) { return ParseRequestTarget(target).route; };
  CHECK(route("/") == Route::kLanding);
  CHECK(route("/?x") == Route::kLanding);
  CHECK(route("/metrics") == Route::kMetrics);
  CHECK(route("/metrics?name[]=up#x") == Route::kMetrics);
  CHECK(route("/metrics/a") == Route::kInstance);
  CHECK(route("http://h/metrics/a?b") == Route::kInstance);
  CHECK(route("http://h?x") == Route::kLanding);
  CHECK(route("/sd") == Route::kSd);
  CHECK(route("/-/healthy") == Route::kHealthy);
  CHECK(route("/-/ready") == Route::kReady);
  CHECK(route("") == Route::kOther);
  CHECK(route("*") == Route::kOther);
  CHECK(route("h:80") == Route::kOther);
  CHECK(route("/METRICS") == Route::kOther);
  CHECK(route("/metrics/") == Route::kOther);
  CHECK(route("/metrics/%4") == Route::kOther);
  CHECK(route("/metrics/%00") == Route::kOther);
  CHECK(ParseRequestTarget("/metrics/a%2Fb%C3%A9").instance == "a/b\xC3\xA9");
}

TEST_CASE("the time-out header is a positive number or nothing") {
  CHECK(ParseScrapeTimeout("10") == 10.0);
  CHECK(ParseScrapeTimeout(" 0.5\t") == 0.5);
  CHECK(ParseScrapeTimeout("1e1") == 10.0);
  for (const char* wrong :
       {"", " ", "0", "-1", "nan", "inf", "1s", "1 2", "+1", "0x10", "1e999", "ten"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseScrapeTimeout(wrong).has_value());
  }
}

TEST_CASE("hosts that may be repeated") {
  for (const char* good :
       {"a", "a:1", "pod-7.db_x.svc:65535", "10.0.0.1:9970", "[::1]", "[fe80::1]:9970", "A.B"}) {
    CAPTURE(good);
    CHECK(IsValidHost(good));
  }
  for (const char* wrong : {"", ":", ":80", "a:", "a:0", "a:65536", "a:1x", "a b", "a/b", "a\"b",
                            "a@b", "[]", "[::1", "::1", "[::1]x", "[::1]:", "[x]", "a,b", "<a>"}) {
    CAPTURE(wrong);
    CHECK_FALSE(IsValidHost(wrong));
  }
  CHECK_FALSE(IsValidHost(std::string(300, 'a')));
}

TEST_CASE("hosts that are this machine") {
  for (const char* good : {"127.0.0.1", "127.0.0.1:9971", "localhost", "LocalHost:1", "[::1]:9"}) {
    CAPTURE(good);
    CHECK(IsLoopbackHost(good));
  }
  for (const char* wrong : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                            "evil.example:9971", "localhost:x", "localhost:", "::1", "127.0.0.2",
                            "0.0.0.0", "localhost.", "127.0.0.1@evil.example", "localhost "}) {
    CAPTURE(wrong);
    CHECK_FALSE(IsLoopbackHost(wrong));
  }
}

TEST_CASE("random hosts that pass hold nothing that could break out") {
  Strings strings("a9.-_:[]01\"<>/\\ \r\n,@\x80lochst27");
  size_t passed = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string host = strings.Next();
    if (!IsValidHost(host)) {
      CHECK_FALSE(IsLoopbackHost(host));
      continue;
    }
    ++passed;
    REQUIRE(host.find_first_of("\"<>/\\ \r\n,@\x80") == host.npos);
    REQUIRE(JsonString(host) == '"' + host + '"');
  }
  CHECK(passed > 100);
}

TEST_CASE("random listen addresses are refused or read back the same") {
  static constexpr char kAlphabet[] = "0127.:[]::fe*localhostunix:/x\0-+ ";
  Strings strings(std::string(kAlphabet, sizeof kAlphabet - 1));
  size_t passed = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = strings.Next();
    const auto address = ParseListenAddress(text);
    if (!address) {
      REQUIRE(address.error().message.size() < 400);
      continue;
    }
    ++passed;
    const std::string name = ToString(*address);
    const auto again = ParseListenAddress(name);
    REQUIRE(again);
    REQUIRE(ToString(*again) == name);
    REQUIRE(again->kind == address->kind);
    REQUIRE(again->ip == address->ip);
  }
  CHECK(passed > 100);
}

TEST_CASE("random time-outs are refused or positive and finite") {
  Strings strings("0123456789.eE+-infax \t");
  size_t passed = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto seconds = ParseScrapeTimeout(strings.Next());
    if (!seconds) continue;
    ++passed;
    REQUIRE(*seconds > 0);
    REQUIRE(std::isfinite(*seconds));
  }
  CHECK(passed > 100);
}

TEST_CASE("random targets never name an instance with a zero byte") {
  Strings strings("/metrics/%0123abcdefs-?#:.");
  for (int i = 0; i < kRounds; ++i) {
    const auto target = ParseRequestTarget("/metrics/" + strings.Next());
    REQUIRE(target.instance.find('\0') == std::string::npos);
    REQUIRE((target.route == Route::kInstance) == !target.instance.empty());
  }
}

TEST_CASE("escaping keeps text and defuses markup") {
  CHECK(EscapeHtml("a<b>&\"c'\n") == "a&lt;b&gt;&amp;&quot;c&#39;\n");
  CHECK(EscapeHtml("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80") ==
        "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80");
  CHECK(EscapeHtml(std::string("\0\x1b\x7f", 3)) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(JsonString("a\"\\\n\r\t\x01<&>") == "\"a\\\"\\\\\\n\\r\\t\\u0001\\u003c\\u0026\\u003e\"");
  CHECK(JsonNumber(0.1) == "0.1");
  CHECK(JsonNumber(std::nan("")) == "0");
  CHECK(JsonNumber(-HUGE_VAL) == "0");
}

TEST_CASE("bytes that are not UTF-8 become replacement characters") {
  for (const char* wrong : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80",
                            "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xE2\x82"}) {
    CAPTURE(wrong);
    CHECK(EscapeHtml(wrong).find("\xEF\xBF\xBD") == 0);
    CHECK(JsonString(wrong).find("\xEF\xBF\xBD") == 1);
  }
}

TEST_CASE("the head of an answer is exact") {
  Answer answer = TextAnswer(405, "no");
  answer.names_methods = true;
  CHECK(AnswerHead(answer, Persistence::kClose, 784111777) ==
        "HTTP/1.1 405 Method Not Allowed\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\nAllow: GET, HEAD\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
}

TEST_CASE("metrics and health stand where the operator wants them") {
  const ScrapePaths paths{"/pg/metrics", {"/health"}};
  const auto route = [&](std::string_view target) {
    return ParseRequestTarget(target, paths).route;
  };
  CHECK(route("/pg/metrics?x") == Route::kMetrics);
  CHECK(route("/pg/metrics/a") == Route::kInstance);
  CHECK(route("/metrics") == Route::kOther);
  CHECK(route("/metrics/a") == Route::kOther);
  CHECK(route("/") == Route::kLanding);
  CHECK(route("/health") == Route::kHealthy);
  CHECK(route("/healthy") == Route::kOther);
  CHECK(ParseRequestTarget("/pg/metrics/a%20b", paths).instance == "a b");
  CHECK(LandingPageHtml("", {"a"}, paths).find("href=\"/pg/metrics/a\"") != std::string::npos);
  CHECK(SdJson("h:1", {"a"}, paths).find("\"/pg/metrics/a\"") != std::string::npos);
  CHECK(NotFoundText({"a"}, paths).find("/\n/pg/metrics\n/pg/metrics/a\n") != std::string::npos);

  const ScrapePaths root{"/", {}};
  CHECK(ParseRequestTarget("/", root).route == Route::kMetrics);
  CHECK(ParseRequestTarget("/metrics", root).route == Route::kOther);
  CHECK(ParseRequestTarget("/metrics/a", root).instance == "a");
  CHECK(NotFoundText({"a"}, root).find("/\n/metrics/a\n") != std::string::npos);
}

TEST_CASE("pages escape the names of instances") {
  const std::vector<std::string> names{"\"><script>alert(1)</script>", "a b/c?d#e%"};
  const std::string page = LandingPageHtml("<v>", names);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("<v>") == std::string::npos);
  CHECK(page.find("href=\"/metrics/a%20b%2Fc%3Fd%23e%25\"") != std::string::npos);
  const std::string json = SdJson("h:1", names);
  CHECK(json.find('<') == std::string::npos);
  CHECK(json.find("\"__metrics_path__\": \"/metrics/a b/c?d#e%\"") != std::string::npos);
  const std::string text = NotFoundText(std::vector<std::string>(60, "x"));
  CHECK(text.find("10 more instances") != std::string::npos);
}

TEST_CASE("the book knows who is overdue") {
  ConnectionBook book(kLimits);
  ConnectionBook::Entry idle, reading, waiting;
  for (auto* entry : {&idle, &reading, &waiting}) book.Add(entry, At(0));
  book.Enter(&reading, Phase::kReading, At(0));
  book.Enter(&waiting, Phase::kWaiting, At(0));
  CHECK(book.size() == 3);
  CHECK(book.Expired(At(10)).empty());
  CHECK(book.Expired(At(11)) == std::vector<ConnectionBook::Entry*>{&reading});
  CHECK(book.Expired(At(121)) == std::vector<ConnectionBook::Entry*>{&idle, &reading});
  book.Enter(&reading, Phase::kIdle, At(121));
  book.Remove(&idle);
  CHECK(book.Expired(At(241)).empty());
  CHECK(book.Expired(At(1'000'000)) == std::vector<ConnectionBook::Entry*>{&reading});
  book.Remove(&reading);
  book.Remove(&waiting);
  CHECK(book.size() == 0);
}

TEST_CASE("the book closes first who is missed least") {
  ConnectionBook book(kLimits);
  ConnectionBook::Entry a, b, c, d, e;
  for (auto* entry : {&a, &b, &c, &d, &e}) book.Add(entry, At(0));
  book.Enter(&a, Phase::kWaiting, At(1));
  book.Enter(&b, Phase::kWriting, At(2));
  book.Enter(&c, Phase::kReading, At(3));
  book.Enter(&d, Phase::kIdle, At(4));  // idles for a shorter time than e
  std::vector<ConnectionBook::Entry*> order;
  while (ConnectionBook::Entry* victim = book.Victim(Phase::kWaiting)) {
    order.push_back(victim);
    book.Remove(victim);
  }
  CHECK(order == std::vector<ConnectionBook::Entry*>{&e, &d, &c, &b, &a});
  book.Add(&a, At(0));
  book.Enter(&a, Phase::kWriting, At(0));
  CHECK(book.Victim(Phase::kReading) == nullptr);
  book.Remove(&a);
}

TEST_CASE("a loop is late when a beat came late or is overdue") {
  using std::chrono::milliseconds;
  const auto at = [](int ms) { return LoopWatch::Clock::time_point(milliseconds(ms)); };
  LoopWatch watch(milliseconds(1000));
  CHECK_FALSE(watch.Late(at(0)));
  watch.Expect(at(500));
  CHECK_FALSE(watch.Late(at(1500)));
  CHECK(watch.Late(at(1501)));
  watch.Beat(at(1600));
  CHECK(watch.Late(at(1600)));
  watch.Expect(at(5000));
  watch.Beat(at(2100));
  CHECK_FALSE(watch.Late(at(2100)));
  CHECK_FALSE(watch.Late(at(3100)));
  CHECK(watch.Late(at(3101)));
}

TEST_CASE("the book knows when the next one will be overdue") {
  using std::chrono::milliseconds;
  const auto at = [](int ms) { return ConnectionBook::Clock::time_point(milliseconds(ms)); };
  ConnectionBook::Limits limits{};
  limits[static_cast<size_t>(Phase::kIdle)] = milliseconds(1000);
  limits[static_cast<size_t>(Phase::kReading)] = milliseconds(100);
  ConnectionBook book(limits);
  CHECK(book.NextExpiry() == ConnectionBook::Clock::time_point::max());
  ConnectionBook::Entry first, second;
  book.Add(&first, at(0));
  CHECK(book.NextExpiry() == at(1000));
  book.Add(&second, at(500));
  book.Enter(&first, Phase::kReading, at(600));
  CHECK(book.NextExpiry() == at(700));
  book.Enter(&first, Phase::kWaiting, at(650));  // as long as it takes
  CHECK(book.NextExpiry() == at(1500));
  book.Remove(&second);
  CHECK(book.NextExpiry() == ConnectionBook::Clock::time_point::max());
  book.Remove(&first);
}

TEST_CASE("the query of a scrape is read as exporters and client libraries spell it") {
  const auto query = ParsePageQuery(
      "collect[]=a&collect%5B%5D=b+c&name[]=up&name=x_total&exporter=redis&instance=db%2F1&debug&"
      "=&&instance[]=2");
  REQUIRE(query);
  CHECK(query->collect == std::vector<std::string>{"a", "b c"});
  CHECK(query->names == std::vector<std::string>{"up", "x_total"});
  CHECK(query->exporters == std::vector<std::string>{"redis"});
  CHECK(query->instances == std::vector<std::string>{"db/1", "2"});
  CHECK(query->exclude.empty());
  CHECK(ParsePageQuery("")->names.empty());
}

TEST_CASE("a query that cannot be meant is refused") {
  CHECK(ParsePageQuery("name[]=%zz").error().message == "a %-escape of the query is broken");
  CHECK(ParsePageQuery("%0=1").error().message == "a %-escape of the query is broken");
  CHECK(ParsePageQuery("collect[]=a&exclude[]=b").error().message ==
        "collect[] and exclude[] can't be combined");
  std::string many;
  for (size_t i = 0; i <= PageQuery::kValuesMax; ++i) many += "name=x&";
  CHECK(ParsePageQuery(many).error().reason == Reason::kLimit);
}

TEST_CASE("a page counts once however many read it") {
  Body first, second, third;
  first.size = 60;
  second.size = 50;
  third.size = 120;
  PinnedBodies pinned(100);
  pinned.Add(1, &first, "/metrics");
  pinned.Add(2, &first, "/metrics");
  CHECK(pinned.bytes() == 60);
  CHECK(pinned.Victim() == 0);
  pinned.Add(3, &second, "/metrics");
  CHECK(pinned.bytes() == 110);
  CHECK(pinned.Victim() == 1);  // both readers of the older page
  pinned.Remove(1);
  CHECK(pinned.Victim() == 2);
  pinned.Remove(2);
  CHECK(pinned.bytes() == 50);
  CHECK(pinned.Victim() == 0);
  pinned.Add(4, &third, "/metrics");  // larger than the bound: it is the newest, the others go
  CHECK(pinned.Victim() == 3);
  pinned.Remove(3);
  CHECK(pinned.bytes() == 120);
  CHECK(pinned.Victim() == 0);
  pinned.Remove(4);
  pinned.Remove(4);
  CHECK(pinned.bytes() == 0);
}

TEST_CASE("pages of other kinds are not old until there is far too much of them") {
  std::vector<Body> bodies(6);
  for (Body& body : bodies) body.size = 90;
  bodies[1].format = Format::kOpenMetrics100;
  bodies[2].encoding = Encoding::kGzip;
  PinnedBodies pinned(100);
  pinned.Add(1, &bodies[0], "/metrics");
  pinned.Add(2, &bodies[1], "/metrics");
  pinned.Add(3, &bodies[2], "/metrics");
  pinned.Add(4, &bodies[3], "/metrics/one");
  CHECK(pinned.bytes() == 360);
  CHECK(pinned.Victim() == 0);
  pinned.Add(5, &bodies[4], "/metrics/one");
  CHECK(pinned.Victim() == 4);
  pinned.Remove(4);
  CHECK(pinned.Victim() == 0);
  pinned.Add(6, &bodies[5], "/metrics?name=x");
  pinned.Remove(5);
  pinned.Add(7, &bodies[3], "/metrics?name=y");
  CHECK(pinned.bytes() == 450);
  CHECK(pinned.Victim() == 1);
}

TEST_CASE("a probe's query names one target and perhaps one module") {
  const auto both = ParseProbeQuery("target=redis%3A%2F%2Fdb%3A1&collect[]=x&module=a+b");
  REQUIRE(both.ok());
  CHECK(both->target == "redis://db:1");
  CHECK(both->module == "a b");
  CHECK(ParseProbeQuery("auth_module=x&target=y")->module == "x");
  CHECK(ParseProbeQuery("target=y")->module.empty());
  CHECK(ParseProbeQuery("target=y&module=")->module.empty());
  for (const char* wrong : {"", "target=", "module=x", "target=a&target=b",
                            "target=a&module=b&auth_module=c", "target=%zz", "target=%00"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseProbeQuery(wrong).ok());
  }
}

TEST_CASE("both names of the page of probes lead there") {
  CHECK(ParseRequestTarget("/probe?target=a").route == Route::kProbe);
  CHECK(ParseRequestTarget("/probe?target=a").query == "target=a");
  CHECK(ParseRequestTarget("/scrape?target=a").route == Route::kProbe);
  CHECK(ParseRequestTarget("/probes").route == Route::kOther);
  CHECK(ToString(Route::kProbe) == "/probe");
}

}  // namespace pillion::test
