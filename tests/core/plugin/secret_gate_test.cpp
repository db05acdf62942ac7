// What lanes remember together of refused secrets, with a clock in the test's hand.
#include "plugin/secret_gate.hpp"

#include "core/plugin/held_clock.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace pillion;
using pillion::test::HeldClock;
using namespace std::chrono_literals;

namespace {

SecretDigests Password(std::string_view text) { return {{"password", DigestOf(text)}}; }

struct Scene {
  HeldClock clock;
  double random = 0.5;  // the middle: no jitter
  SecretGate gate{&clock, [this] { return random; }};
  const int quick_lane = 0, slow_lane = 0;
  SecretGate::Lane quick = &quick_lane, slow = &slow_lane;

  bool Refuse(std::string_view text) {
    return gate.Refused(quick, Password(text), "no", clock.now);
  }
  MonoTime Pause() const { return gate.refusal()->next - clock.now; }
};

}  // namespace

TEST_CASE("digests tell whether secrets are equal and not what they are") {
  CHECK(DigestOf("open sesame") == DigestOf("open sesame"));
  CHECK(DigestOf("open sesame") != DigestOf("open sesamf"));
  CHECK(DigestOf("12345678") != DigestOf("123456789"));
  CHECK(DigestOf("") != SecretDigest{});
  CHECK(DigestOf(std::string_view("\0", 1)) != DigestOf(""));
  CHECK(DigestOf(std::string(256, 'a')) != DigestOf(std::string(512, 'a')));
}

TEST_CASE("pauses double up to five minutes and begin anew with another value") {
  Scene scene;
  CHECK(scene.Refuse("a"));
  CHECK(scene.Pause() == 10s);
  for (const auto pause : {20s, 40s, 80s, 160s, 300s, 300s}) {
    scene.clock.now += 10min;
    CHECK_FALSE(scene.Refuse("a"));
    CHECK(scene.Pause() == pause);
  }
  CHECK(scene.Refuse("b"));
  CHECK(scene.Pause() == 10s);
  CHECK_FALSE(scene.gate.Accepted(scene.quick, Password("b")));
  CHECK_FALSE(scene.gate.refusal().has_value());
  CHECK(scene.Refuse("b"));
  CHECK(scene.Pause() == 10s);
}

TEST_CASE("pauses of a fleet are spread by a fifth to either side") {
  Scene scene;
  scene.random = 0;
  scene.Refuse("a");
  CHECK(scene.Pause() == 8s);
  scene.random = 1;
  scene.Refuse("b");
  CHECK(scene.Pause() == 12s);
}

TEST_CASE("when a pause is over one lane tries and the others wait for it") {
  Scene scene;
  CHECK(scene.gate.MayTryAgain(scene.slow));  // nothing was refused
  scene.Refuse("a");
  CHECK_FALSE(scene.gate.MayTryAgain(scene.quick));
  scene.clock.now += 10s - 1ns;
  CHECK_FALSE(scene.gate.MayTryAgain(scene.quick));
  scene.clock.now += 1ns;
  CHECK(scene.gate.MayTryAgain(scene.quick));
  CHECK(scene.gate.MayTryAgain(scene.quick));
  CHECK_FALSE(scene.gate.MayTryAgain(scene.slow));
  // The lane that tries hangs, or its server does not answer: another gets the word.
  scene.clock.now += 10s;
  CHECK(scene.gate.MayTryAgain(scene.slow));
  scene.gate.Refused(scene.slow, Password("a"), "no", scene.clock.now);
  CHECK_FALSE(scene.gate.MayTryAgain(scene.slow));
  CHECK_FALSE(scene.gate.MayTryAgain(scene.quick));
  CHECK(scene.Pause() == 20s);
}

TEST_CASE("two lanes that tried at the same time are one try") {
  Scene scene;
  const MonoTime began = scene.clock.now;
  scene.clock.now += 1s;
  scene.gate.Refused(scene.quick, Password("a"), "no", began);
  scene.clock.now += 1s;
  CHECK_FALSE(scene.gate.Refused(scene.slow, Password("a"), "no", began));
  CHECK(scene.gate.refusal()->times == 1);
  CHECK(scene.Pause() == 9s);
}

TEST_CASE("new values are tried by one lane at a time") {
  Scene scene;
  CHECK(scene.gate.MayTryChanged(scene.quick));
  CHECK(scene.gate.MayTryChanged(scene.quick));
  CHECK_FALSE(scene.gate.MayTryChanged(scene.slow));
  scene.gate.Undecided(scene.slow);  // another lane's poll ends
  CHECK_FALSE(scene.gate.MayTryChanged(scene.slow));
  SUBCASE("accepted") { scene.gate.Accepted(scene.quick, Password("b")); }
  SUBCASE("refused") { scene.Refuse("b"); }
  SUBCASE("undecided") { scene.gate.Undecided(scene.quick); }
  CHECK(scene.gate.MayTryChanged(scene.slow));
}

TEST_CASE("a change is another value that works and not the first one") {
  Scene scene;
  CHECK_FALSE(scene.gate.Accepted(scene.quick, Password("a")));
  CHECK_FALSE(scene.gate.Accepted(scene.slow, Password("a")));
  CHECK(scene.gate.Accepted(scene.quick, Password("b")));
  CHECK_FALSE(scene.gate.Accepted(scene.slow, Password("b")));
}
