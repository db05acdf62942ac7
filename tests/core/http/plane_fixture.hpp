// A scrape plane with a handler that does what a test says.
#pragma once

#include "http/scrape_plane.hpp"
#include "support/http_client.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace pillion::test {

inline BodyPtr MakeBody(std::vector<std::string> chunks, Format format = Format::kText004,
                        Encoding encoding = Encoding::kIdentity) {
  auto body = std::make_shared<Body>();
  body->chunks = std::move(chunks);
  for (const std::string& chunk : body->chunks) body->size += chunk.size();
  body->format = format;
  body->encoding = encoding;
  return body;
}

// A page of `chunks` full chunks, no two of them alike.
inline BodyPtr LargeBody(size_t chunks) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < chunks; ++i) {
    std::string part = "# chunk " + std::to_string(i) + "\n";
    part.resize(kChunkBytes, static_cast<char>('a' + i % 26));
    parts.push_back(std::move(part));
  }
  return MakeBody(std::move(parts));
}

inline std::string Text(const Body& body) {
  std::string text;
  for (const std::string& chunk : body.chunks) text += chunk;
  return text;
}

class FakeHandler : public ScrapeHandler {
 public:
  struct Ended {
    std::string path;
    int status;
    std::string format;
    std::chrono::nanoseconds took;
  };
  using Done = std::function<void(ScrapeAnswer)>;

  void Scrape(ScrapeRequest request, Done done) override {
    std::unique_lock lock(mutex_);
    requests_.push_back(std::move(request));
    if (hold_) {
      held_.push_back(std::move(done));
      changed_.notify_all();
      return;
    }
    ScrapeAnswer answer = answer_;
    const std::function<void()> block = block_;
    lock.unlock();
    if (block) block();
    done(std::move(answer));
  }
  bool Healthy() override {
    return With([&] { return healthy_; });
  }
  bool Ready() override {
    return With([&] { return ready_; });
  }
  std::vector<std::string> InstanceNames() override {
    return With([&] { return names_; });
  }
  void Finished(std::string_view path, int status, std::string_view format,
                std::chrono::nanoseconds took) override {
    const std::lock_guard lock(mutex_);
    ended_.push_back({std::string(path), status, std::string(format), took});
  }

  void set_answer(ScrapeAnswer answer) {
    With([&] { answer_ = std::move(answer); });
  }
  void set_body(BodyPtr body) { set_answer({200, std::move(body), {}}); }
  void set_healthy(bool healthy) {
    With([&] { healthy_ = healthy; });
  }
  void set_ready(bool ready) {
    With([&] { ready_ = ready; });
  }
  void set_names(std::vector<std::string> names) {
    With([&] { names_ = std::move(names); });
  }
  // What Scrape does before it answers, in the plane's thread.
  void set_block(std::function<void()> block) {
    With([&] { block_ = std::move(block); });
  }
  // From now on answers are kept back.
  void Hold() {
    With([&] { hold_ = true; });
  }

  bool AwaitHeld(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kHang, [&] { return held_.size() >= count; });
  }
  std::vector<Done> TakeHeld() {
    return With([&] { return std::exchange(held_, {}); });
  }
  void ReleaseHeld() {
    const ScrapeAnswer answer = With([&] { return answer_; });
    for (Done& done : TakeHeld()) done(answer);
  }
  std::vector<ScrapeRequest> requests() {
    return With([&] { return requests_; });
  }
  std::vector<Ended> ended() {
    return With([&] { return ended_; });
  }
  bool AwaitEnded(size_t count) {
    return Eventually([&] { return ended().size() >= count; });
  }

 private:
  template <typename F>
  std::invoke_result_t<F> With(F f) {
    const std::lock_guard lock(mutex_);
    return f();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  ScrapeAnswer answer_{200, MakeBody({"# HELP a text\n", "a 1\n"}), {}};
  std::vector<std::string> names_{"cache", "orders_db"};
  std::function<void()> block_;
  std::vector<ScrapeRequest> requests_;
  std::vector<Ended> ended_;
  std::vector<Done> held_;
  bool hold_ = false;
  bool healthy_ = true;
  bool ready_ = true;
};

// A started plane on a free port of 127.0.0.1.
struct Plane {
  explicit Plane(ScrapePlaneLimits limits = {}) : Plane({"127.0.0.1:0"}, {}, limits) {}
  Plane(std::vector<std::string> listen, std::vector<std::string> health_listen,
        ScrapePlaneLimits limits = {})
      : plane(Config(std::move(listen), std::move(health_listen), limits), &handler) {
    const Result<void> started = plane.Start();
    REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().message));
  }

  static ScrapePlaneConfig Config(std::vector<std::string> listen,
                                  std::vector<std::string> health_listen,
                                  ScrapePlaneLimits limits) {
    ScrapePlaneConfig config;
    config.listen = std::move(listen);
    config.health_listen = std::move(health_listen);
    config.version = "1.2.3";
    config.limits = limits;
    return config;
  }

  std::string address() const { return plane.Addresses().at(0); }
  HttpClient Connect() const { return HttpClient(address()); }
  HttpAnswer Get(const std::string& path, const std::string& more = "") const {
    HttpClient client = Connect();
    const auto answer = client.Get(path, more);
    REQUIRE(answer);
    return *answer;
  }
  // What comes back for exactly these bytes, when the client sends no more.
  std::string Raw(std::string_view bytes) const {
    HttpClient client = Connect();
    client.Send(bytes);
    client.FinishSending();
    client.AwaitEnd();
    return client.unread();
  }
  bool AwaitConnections(uint64_t count) const {
    return Eventually([&] { return plane.Stats().connections == count; });
  }

  FakeHandler handler;
  ScrapePlane plane;
};

// A directory that is gone afterwards.
struct TempDir {
  TempDir() {
    char name[] = "/tmp/pillion-http-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~TempDir() { (void)!system(("rm -rf '" + path + "'").c_str()); }
  std::string path;
};

}  // namespace pillion::test
