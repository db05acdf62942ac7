#include "plugin/clock.hpp"

#include <chrono>

namespace pillion {
namespace {

class System final : public Clock {
 public:
  MonoTime Now() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
  double UnixSeconds() const override {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace

const Clock& SystemClock() {
  static const System clock;
  return clock;
}

}  // namespace pillion
