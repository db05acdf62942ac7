// What the scrape plane answers to which request.
#include "core/http/plane_fixture.hpp"

#include <algorithm>

namespace pillion::test {

TEST_CASE("metrics are served with exact headers") {
  Plane plane;
  const HttpAnswer answer = plane.Get("/metrics");
  CHECK(answer.status == 200);
  CHECK(answer.body == "# HELP a text\na 1\n");
  CHECK(answer.header("content-type") == ContentType(Format::kText004));
  CHECK(answer.header("content-length") == "18");
  CHECK(answer.header("vary") == "Accept, Accept-Encoding");
  CHECK(answer.header("x-content-type-options") == "nosniff");
  CHECK(answer.headers.count("content-encoding") == 0);
  CHECK(answer.headers.count("connection") == 0);
  CHECK(answer.header("date").ends_with(" GMT"));
}

TEST_CASE("a compressed OpenMetrics body says both") {
  Plane plane;
  const std::string zipped("\x1f\x8b\x00zip", 6);
  plane.handler.set_body(MakeBody({zipped}, Format::kOpenMetrics100, Encoding::kGzip));
  const HttpAnswer answer = plane.Get("/metrics");
  CHECK(answer.header("content-type") == ContentType(Format::kOpenMetrics100));
  CHECK(answer.header("content-encoding") == "gzip");
  CHECK(answer.body == zipped);
  REQUIRE(plane.handler.AwaitEnded(1));
  CHECK(plane.handler.ended()[0].format == ToString(Format::kOpenMetrics100));
}

TEST_CASE("the handler is told what the scraper wants") {
  Plane plane;
  plane.Get("/metrics?name=a",
            "Accept: text/plain\r\nAccept: */*;q=0.1\r\nAccept-Encoding: gzip\r\n"
            "X-Prometheus-Scrape-Timeout-Seconds: 0.5\r\n");
  plane.Get("/metrics/orders_db", "X-Prometheus-Scrape-Timeout-Seconds: soon\r\n");
  plane.Get("/metrics/two%20words");
  const auto requests = plane.handler.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].instance.empty());
  CHECK(requests[0].accept == "text/plain, */*;q=0.1");
  CHECK(requests[0].accept_encoding == "gzip");
  CHECK(requests[0].timeout_seconds == 0.5);
  CHECK(requests[1].instance == "orders_db");
  CHECK(requests[1].accept.empty());
  CHECK_FALSE(requests[1].timeout_seconds.has_value());
  CHECK(requests[2].instance == "two words");
}

TEST_CASE("an unknown instance is what the handler says") {
  Plane plane;
  plane.handler.set_answer({404, nullptr, "no instance \"x\", there is cache"});
  const HttpAnswer answer = plane.Get("/metrics/x");
  CHECK(answer.status == 404);
  CHECK(answer.body == "no instance \"x\", there is cache\n");
  CHECK(answer.header("content-type") == "text/plain; charset=utf-8");
  REQUIRE(plane.handler.AwaitEnded(1));
  CHECK(plane.handler.ended()[0].path == "/metrics/NAME");
  CHECK(plane.handler.ended()[0].status == 404);
}

TEST_CASE("a handler without a body is an error and not an empty page") {
  Plane plane;
  plane.handler.set_answer({200, nullptr, ""});
  CHECK(plane.Get("/metrics").status == 500);
}

TEST_CASE("an exposition that is empty is served as such") {
  Plane plane;
  plane.handler.set_body(MakeBody({}));
  const HttpAnswer answer = plane.Get("/metrics");
  CHECK(answer.status == 200);
  CHECK(answer.header("content-length") == "0");
}

TEST_CASE("a large page arrives whole and in order") {
  Plane plane;
  const BodyPtr body = LargeBody(150);
  plane.handler.set_body(body);
  CHECK(plane.Get("/metrics").body == Text(*body));
}

TEST_CASE("the body is shared with the handler and let go when it is written") {
  Plane plane;
  BodyPtr body = LargeBody(4);
  const std::weak_ptr<const Body> watch = body;
  plane.handler.set_body(std::move(body));
  HttpClient client = plane.Connect();
  REQUIRE(client.Get("/metrics"));
  plane.handler.set_body(MakeBody({"b 1\n"}));
  // The connection stands and holds nothing.
  CHECK(Eventually([&] { return watch.expired(); }));
}

TEST_CASE("HEAD has the headers of GET and no body") {
  Plane plane;
  HttpClient client = plane.Connect();
  for (const char* path : {"/metrics", "/", "/sd", "/-/healthy", "/nothing"}) {
    CAPTURE(path);
    REQUIRE(client.Send(std::string("HEAD ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    const auto head = client.Receive(false);
    REQUIRE(head);
    REQUIRE(client.Send(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    const auto get = client.Receive();
    REQUIRE(get);
    CHECK(head->status == get->status);
    CHECK(head->header("content-length") == get->header("content-length"));
    CHECK(head->header("content-type") == get->header("content-type"));
    CHECK(head->header("content-length") == std::to_string(get->body.size()));
    CHECK(client.unread().empty());
  }
}

TEST_CASE("health follows the handler") {
  Plane plane;
  CHECK(plane.Get("/-/healthy").status == 200);
  CHECK(plane.Get("/-/healthy").body == "ok\n");
  plane.handler.set_healthy(false);
  CHECK(plane.Get("/-/healthy").status == 503);
  CHECK(plane.Get("/-/ready").status == 200);
}

TEST_CASE("readiness follows the handler and not health") {
  Plane plane;
  plane.handler.set_ready(false);
  CHECK(plane.Get("/-/ready").status == 503);
  CHECK(plane.Get("/-/healthy").status == 200);
}

TEST_CASE("health turns red when the loop was kept from running") {
  ScrapePlaneLimits limits;
  limits.loop_beat_max = std::chrono::milliseconds(500);
  limits.loop_late_max = std::chrono::milliseconds(100);
  Plane plane(limits);
  // The handler breaks its promise and blocks the loop for longer than a beat and the bound.
  plane.handler.set_block([] { std::this_thread::sleep_for(std::chrono::milliseconds(1000)); });
  HttpClient client = plane.Connect();
  client.Send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(client.Receive());
  const auto health = client.Receive();
  REQUIRE(health);
  CHECK(health->status == 503);
  CHECK(health->body.find("late") != std::string::npos);
  CHECK(Eventually([&] { return plane.Get("/-/healthy").status == 200; }));
}

TEST_CASE("service discovery names the host the client used") {
  Plane plane;
  HttpClient client = plane.Connect();
  client.Send("GET /sd HTTP/1.1\r\nHost: pod-7.db.svc:9970\r\n\r\n");
  const auto answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->header("content-type") == "application/json");
  CHECK(answer->body ==
        "[\n  {\"targets\": [\"pod-7.db.svc:9970\"], \"labels\": {\"__metrics_path__\": "
        "\"/metrics/cache\", \"instance\": \"pod-7.db.svc:9970/cache\", "
        "\"__meta_pillion_instance_name\": \"cache\"}},\n"
        "  {\"targets\": [\"pod-7.db.svc:9970\"], \"labels\": {\"__metrics_path__\": "
        "\"/metrics/orders_db\", \"instance\": \"pod-7.db.svc:9970/orders_db\", "
        "\"__meta_pillion_instance_name\": \"orders_db\"}}\n]\n");
}

TEST_CASE("service discovery falls back to the local address") {
  Plane plane;
  HttpClient client = plane.Connect();
  client.Send("GET /sd HTTP/1.1\r\nHost: \"><script>\r\n\r\n");
  const auto answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->body.find("\"" + plane.address() + "\"") != std::string::npos);
  CHECK(answer->body.find("script") == std::string::npos);
}

TEST_CASE("service discovery without instances is an empty list") {
  Plane plane;
  plane.handler.set_names({});
  CHECK(plane.Get("/sd").body == "[]\n");
}

TEST_CASE("the landing page links to everything") {
  Plane plane;
  const HttpAnswer answer = plane.Get("/");
  CHECK(answer.header("content-type") == "text/html; charset=utf-8");
  CHECK(answer.header("content-security-policy").starts_with("default-src 'none'"));
  for (const char* link :
       {"/metrics", "/metrics/cache", "/metrics/orders_db", "/sd", "/-/healthy", "/-/ready"}) {
    CAPTURE(link);
    CHECK(answer.body.find(std::string("href=\"") + link + "\"") != std::string::npos);
  }
  CHECK(answer.body.find("1.2.3") != std::string::npos);
}

TEST_CASE("an unknown path says what there is") {
  Plane plane;
  for (const char* path : {"/metric", "/metrics/", "/-/", "/-/healthy/", "//metrics", "/sd/x",
                           "/metrics/%zz", "/metrics/%00"}) {
    CAPTURE(path);
    const HttpAnswer answer = plane.Get(path);
    CHECK(answer.status == 404);
    CHECK(answer.body.find("\n/metrics\n") != std::string::npos);
    CHECK(answer.body.find("\n/metrics/orders_db\n") != std::string::npos);
    CHECK(answer.body.find("\n/-/healthy\n") != std::string::npos);
  }
  CHECK(plane.handler.requests().empty());
}

TEST_CASE("other methods are refused and the connection stands") {
  Plane plane;
  HttpClient client = plane.Connect();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"}) {
    CAPTURE(method);
    client.Send(std::string(method) + " /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto answer = client.Receive();
    REQUIRE(answer);
    CHECK(answer->status == 405);
    CHECK(answer->header("allow") == "GET, HEAD");
  }
  CHECK(client.Get("/metrics")->status == 200);
}

TEST_CASE("a request body is refused and never taken for a request") {
  Plane plane;
  const std::string inner = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string length = "Content-Length: " + std::to_string(inner.size()) + "\r\n";
  for (const std::string& field : {length, std::string("Transfer-Encoding: chunked\r\n"),
                                   std::string("Transfer-Encoding: gzip\r\n"),
                                   std::string("Content-Length: 99999999999\r\n")}) {
    CAPTURE(field);
    const std::string answer =
        plane.Raw("GET /-/healthy HTTP/1.1\r\nHost: h\r\n" + field + "\r\n" + inner);
    CHECK(answer.starts_with("HTTP/1.1 413 "));
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  }
  const std::string post =
      plane.Raw("POST /metrics HTTP/1.1\r\nHost: h\r\n" + length + "\r\n" + inner);
  CHECK(post.starts_with("HTTP/1.1 405 "));
  CHECK(post.find("HTTP/1.1", 1) == std::string::npos);
  CHECK(plane.handler.requests().empty());
}

TEST_CASE("a body of no bytes is no body") {
  Plane plane;
  CHECK(plane.Get("/metrics", "Content-Length: 0\r\n").status == 200);
}

TEST_CASE("one connection serves many requests") {
  Plane plane;
  HttpClient client = plane.Connect();
  for (int i = 0; i < 50; ++i) {
    const auto answer = client.Get(i % 2 == 0 ? "/metrics" : "/-/healthy");
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
  CHECK(plane.plane.Stats().connections_accepted_total == 1);
  CHECK(plane.handler.requests().size() == 25);
}

TEST_CASE("pipelined requests are answered in order") {
  Plane plane;
  HttpClient client = plane.Connect();
  std::string all;
  for (int i = 0; i < 200; ++i) {
    all += i % 2 == 0 ? "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n"
                      : "GET /-/healthy HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  REQUIRE(client.Send(all));
  for (int i = 0; i < 200; ++i) {
    const auto answer = client.Receive();
    REQUIRE(answer);
    CHECK(answer->body == (i % 2 == 0 ? "# HELP a text\na 1\n" : "ok\n"));
  }
}

TEST_CASE("a request that arrives byte by byte is understood") {
  Plane plane;
  HttpClient client = plane.Connect();
  for (const char c : std::string("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")) {
    REQUIRE(client.Send(std::string_view(&c, 1)));
  }
  REQUIRE(client.Receive());
}

TEST_CASE("Connection: close is honoured") {
  Plane plane;
  HttpClient client = plane.Connect();
  const auto answer = client.Get("/metrics", "Connection: close\r\n");
  REQUIRE(answer);
  CHECK(answer->header("connection") == "close");
  CHECK(client.AwaitEnd());
  CHECK(client.unread().empty());
}

TEST_CASE("HTTP 1.0 closes unless it asked to stay") {
  Plane plane;
  HttpClient client = plane.Connect();
  client.Send("GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->header("connection") == "keep-alive");
  client.Send("GET /metrics HTTP/1.0\r\n\r\n");
  answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->header("connection") == "close");
  CHECK(client.AwaitEnd());
}

TEST_CASE("a client that sends no more still gets its answer") {
  Plane plane;
  plane.handler.Hold();
  HttpClient client = plane.Connect();
  client.Send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
  client.FinishSending();
  REQUIRE(plane.handler.AwaitHeld(1));
  plane.handler.ReleaseHeld();
  const auto answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(client.AwaitEnd());
}

TEST_CASE("absolute form and a query are understood") {
  Plane plane;
  CHECK(plane.Get("http://elsewhere:80/-/healthy").status == 200);
  CHECK(plane.Get("/-/healthy?verbose=1").status == 200);
  CHECK(plane.Get("http://elsewhere").status == 200);
}

TEST_CASE("malformed requests get 400 and the end of the connection") {
  Plane plane;
  for (const std::string& request :
       {std::string("\x16\x03\x01\x02\x01", 5) + std::string(200, 'x') + "\r\n\r\n",
        std::string("GET\r\n\r\n"), std::string("GET /metrics\r\n\r\n"),
        std::string("GET /metrics HTTP/9.9\r\nHost: h\r\n\r\n"),
        std::string("GET /metrics HTTP/1.1\r\nHost h\r\n\r\n"),
        std::string("GET /metrics HTTP/1.1\r\n: h\r\n\r\n"),
        std::string("GET /metrics HTTP/1.1\r\n\r\n"),
        std::string("GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        std::string("GET /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n"),
        std::string("GET /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                    "Content-Length: 2\r\n\r\n"),
        std::string("G\0T", 3) + " /metrics HTTP/1.1\r\nHost: h\r\n\r\n",
        std::string("GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n")}) {
    CAPTURE(request);
    const std::string answer = plane.Raw(request);
    CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  }
  CHECK(plane.handler.requests().empty());
  CHECK(plane.Get("/metrics").status == 200);
}

TEST_CASE("both lengths of a body at once are refused") {
  Plane plane;
  const std::string answer = plane.Raw(
      "GET /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 4"));
  CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  CHECK(plane.handler.requests().empty());
}

TEST_CASE("what ended is counted under fixed names") {
  Plane plane;
  plane.Get("/metrics");
  plane.Get("/metrics/cache");
  plane.Get("/sd");
  plane.Get("/-/healthy");
  plane.Get("/-/ready");
  plane.Get("/");
  plane.Get("/an/attacker/may/ask/anything");
  plane.Raw("nonsense\r\n\r\n");
  REQUIRE(plane.handler.AwaitEnded(8));
  std::vector<std::string> lines;
  for (const auto& ended : plane.handler.ended()) {
    CHECK(ended.took.count() > 0);
    lines.push_back(ended.path + " " + std::to_string(ended.status) + " " + ended.format);
  }
  CHECK(lines == std::vector<std::string>{"/metrics 200 text", "/metrics/NAME 200 text", "/sd 200 ",
                                          "/-/healthy 200 ", "/-/ready 200 ", "/ 200 ",
                                          "other 404 ", "other 400 "});
}

TEST_CASE("an answer given twice is never taken for that of the next request") {
  Plane plane;
  plane.handler.Hold();
  HttpClient client = plane.Connect();
  client.Send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\nGET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(plane.handler.AwaitHeld(1));
  auto first = plane.handler.TakeHeld();
  std::thread other([&] {
    first[0]({200, MakeBody({"first 1\n"}), {}});
    first[0]({200, MakeBody({"again 1\n"}), {}});
  });
  other.join();
  auto answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->body == "first 1\n");
  REQUIRE(plane.handler.AwaitHeld(1));
  auto second = plane.handler.TakeHeld();
  first[0]({200, MakeBody({"and again 1\n"}), {}});
  second[0]({200, MakeBody({"second 1\n"}), {}});
  answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->body == "second 1\n");
  CHECK(client.Get("/-/healthy")->body == "ok\n");
}

TEST_CASE("a client that dies while its scrape waits leaves nothing behind") {
  Plane plane;
  BodyPtr body = LargeBody(50);
  const std::weak_ptr<const Body> watch = body;
  plane.handler.set_body(body);
  plane.handler.Hold();
  for (int i = 0; i < 20; ++i) {
    HttpClient client = plane.Connect();
    client.Send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(plane.handler.AwaitHeld(static_cast<size_t>(i) + 1));
    if (i % 2 == 0) client.Reset();
  }
  plane.handler.ReleaseHeld();
  CHECK(plane.AwaitConnections(0));
  CHECK(plane.handler.AwaitEnded(20));
  plane.handler.set_body(nullptr);
  body.reset();
  CHECK(Eventually([&] { return watch.expired(); }));
}

}  // namespace pillion::test
