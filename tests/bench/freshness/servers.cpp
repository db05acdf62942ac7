#include "servers.hpp"

#include <cmath>
#include <optional>
#include <utility>

namespace pillion::freshness {
namespace {

class Cache final : public Server {
 public:
  explicit Cache(ServerParts parts) : parts_(parts) {
    parts_.time->At(parts_.time->Now() + parts_.phase, [this] { Due(); });
  }

  void Scrape(const std::string&, Answered answered) override {
    answered(last_ ? &*last_ : nullptr);
  }
  uint64_t polls() const override { return polls_; }

 private:
  void Due() {
    const MonoTime now = parts_.time->Now();
    parts_.time->At(now + parts_.interval, [this] { Due(); });
    if (running_) return;
    running_ = true;
    ++polls_;
    parts_.time->At(now + parts_.costs.Next(), [this, now] {
      running_ = false;
      last_ = Reading{now, parts_.time->Now()};
    });
  }

  ServerParts parts_;
  std::optional<Reading> last_;
  uint64_t polls_ = 0;
  bool running_ = false;
};

class ScrapeTime final : public Server {
 public:
  explicit ScrapeTime(ServerParts parts) : parts_(parts) {}

  void Scrape(const std::string&, Answered answered) override {
    ++polls_;
    const MonoTime now = parts_.time->Now();
    parts_.time->At(now + parts_.costs.Next(), [this, now, answered = std::move(answered)] {
      const Reading reading{now, parts_.time->Now()};
      answered(&reading);
    });
  }
  uint64_t polls() const override { return polls_; }

 private:
  ServerParts parts_;
  uint64_t polls_ = 0;
};

}  // namespace

MonoTime Costs::Next() {
  const double log = std::log(std::chrono::duration<double>(median_).count());
  std::lognormal_distribution<double> distribution(log, kDeviation);
  for (;;) {
    const std::chrono::duration<double> cost(distribution(random_));
    if (cost <= kMax) return std::chrono::duration_cast<MonoTime>(cost);
  }
}

std::unique_ptr<Server> MakeCache(ServerParts parts) { return std::make_unique<Cache>(parts); }

std::unique_ptr<Server> MakeScrapeTime(ServerParts parts) {
  return std::make_unique<ScrapeTime>(parts);
}

}  // namespace pillion::freshness
