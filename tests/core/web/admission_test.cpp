#include "web/admission.hpp"

#include <doctest/doctest.h>

#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace pillion;
using namespace pillion::web;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// alice:secret, alice:guess, bob:secret, :x
const std::string kAlice = "Basic YWxpY2U6c2VjcmV0";
const std::string kGuess = "Basic YWxpY2U6Z3Vlc3M=";
const std::string kBob = "Basic Ym9iOnNlY3JldA==";

const std::vector<UserSettings> kNobody;

struct Desk {
  explicit Desk(std::vector<UserSettings> users = {{"alice", "hash-of-secret", ""}},
                RateLimit rate = {})
      : admission({[this](const std::string& password, const std::string& hash) {
                     verified.push_back(password + " " + hash);
                     now += milliseconds(100);
                     return hash == "hash-of-" + password;
                   },
                   [this] { return now; }, [this] { ++wakes; }}) {
    admission.Set(users, rate);
  }

  Verdict Ask(const std::string& authorization, const std::string& client = "a") {
    return admission.Admit(authorization, client,
                           [this](Verdict verdict) { told.push_back(verdict); });
  }

  std::vector<std::string> verified;
  std::vector<Verdict> told;
  int wakes = 0;
  Admission::Clock::time_point now{seconds(1000)};
  Admission admission;
};

using Verdicts = std::vector<Verdict>;

// The header of alice and a password of six digits.
std::string Numbered(size_t number) {
  const std::string digits = std::to_string(1'000'000 + number).substr(1);
  std::string header = "Basic YWxpY2U6";  // alice:
  unsigned char encoded[9];
  EVP_EncodeBlock(encoded, reinterpret_cast<const unsigned char*>(digits.data()), 6);
  return header.append(reinterpret_cast<const char*>(encoded), 8);
}

// Those who guess, each time another password, and one who knows it; time is the desk's.
struct Siege {
  Siege(std::vector<std::string> from, milliseconds every) : from_(std::move(from)), every_(every) {
    Wait(seconds(20));
  }
  // Lets time pass, at most as long, until alice is answered.
  void Wait(milliseconds time) {
    const auto until = desk.now + time;
    while (desk.now < until && !alice) {
      const auto check = desk.admission.NextCheck();
      if (next_guess_ <= desk.now) {
        const std::string guess = Numbered(guesses_++);
        desk.admission.Admit(guess, from_[guesses_ % from_.size()], [](Verdict) {});
        next_guess_ += every_;
      } else if (check && *check <= desk.now) {
        desk.admission.CheckNext();
      } else {
        desk.now = std::min({check.value_or(until), next_guess_, until});
      }
    }
  }
  // What a scrape with the right password gets within a scrape's time-out.
  Verdict Scrape(const std::string& client) {
    alice.reset();
    const Verdict verdict =
        desk.admission.Admit(kAlice, client, [this](Verdict later) { alice = later; });
    if (verdict != Verdict::kLater) return verdict;
    Wait(seconds(10));
    return alice.value_or(Verdict::kLater);
  }

  Desk desk;
  std::optional<Verdict> alice;

 private:
  const std::vector<std::string> from_;
  const milliseconds every_;
  Admission::Clock::time_point next_guess_ = desk.now;
  size_t guesses_ = 0;
};

}  // namespace

TEST_CASE("the header of a user and a password is read strictly") {
  const auto parsed = ParseBasic(kAlice);
  REQUIRE(parsed);
  CHECK(parsed->user == "alice");
  CHECK(parsed->password == "secret");
  CHECK(ParseBasic("bASIC YWxpY2U6c2VjcmV0"));
  CHECK(ParseBasic("Basic Og==")->user.empty());
  for (const std::string bad : {"", "Basic", "Basic ", "Basic YWxpY2U", "Basic !!!!",
                                "Bearer YWxpY2U6c2VjcmV0", "Basic YWxpY2U=", "Digest x"}) {
    CHECK_FALSE(ParseBasic(bad));
  }
  CHECK_FALSE(ParseBasic("Basic " + std::string(kAuthorizationBytesMax, 'A')));
}

TEST_CASE("without users everybody is let in") {
  Desk desk(kNobody);
  CHECK_FALSE(desk.admission.HasUsers());
  CHECK(desk.Ask("") == Verdict::kAdmitted);
}

TEST_CASE("a password is checked once and remembered") {
  Desk desk;
  CHECK(desk.Ask("") == Verdict::kRefused);
  CHECK(desk.Ask(kAlice) == Verdict::kLater);
  CHECK(desk.wakes == 1);
  CHECK(desk.admission.NextCheck());
  desk.admission.CheckNext();
  CHECK(desk.told == Verdicts{Verdict::kAdmitted});
  CHECK(desk.Ask(kAlice) == Verdict::kAdmitted);
  CHECK(desk.Ask(kGuess) == Verdict::kLater);
  desk.admission.CheckNext();
  CHECK(desk.told.back() == Verdict::kRefused);
  CHECK(desk.Ask(kGuess) == Verdict::kRefused);
  CHECK(desk.verified.size() == 2);
  CHECK_FALSE(desk.admission.NextCheck());
}

TEST_CASE("who is no user costs a check like who is") {
  Desk desk;
  CHECK(desk.Ask(kBob) == Verdict::kLater);
  desk.admission.CheckNext();
  // The hash fits, but it is not his.
  CHECK(desk.verified == std::vector<std::string>{"secret hash-of-secret"});
  CHECK(desk.told == Verdicts{Verdict::kRefused});
}

TEST_CASE("after a wrong password the checks rest and after a right one they do not") {
  Desk desk;
  desk.Ask(kGuess);
  desk.Ask(kAlice);
  desk.admission.CheckNext();
  CHECK(desk.admission.NextCheck() == desk.now + kRestAfterRefusal * milliseconds(100));
  desk.now += seconds(1);
  desk.admission.CheckNext();
  CHECK(desk.told == Verdicts{Verdict::kRefused, Verdict::kAdmitted});
  desk.Ask("Basic YWxpY2U6YQ==");
  CHECK(*desk.admission.NextCheck() <= desk.now);
}

TEST_CASE("only so many passwords wait and fewer of one client") {
  Desk desk;
  for (size_t i = 0; i < kPasswordsWaitingPerClientMax; ++i) {
    CHECK(desk.Ask(kGuess, "one") == Verdict::kLater);
  }
  CHECK(desk.Ask(kGuess, "one") == Verdict::kBusy);
  for (size_t i = kPasswordsWaitingPerClientMax; i < kPasswordsWaitingMax; ++i) {
    // The guess was turned away, but has a place that anybody may have.
    CHECK(desk.Ask(kGuess, std::to_string(i)) == Verdict::kLater);
  }
  CHECK(desk.Ask(kAlice, "another") == Verdict::kBusy);
  // All of them asked the same: one check answers them.
  for (size_t i = 0; i < kPasswordsWaitingMax; ++i) desk.admission.CheckNext();
  CHECK(desk.verified.size() == 1);
  CHECK(desk.told.size() == kPasswordsWaitingMax);
  CHECK(desk.Ask(kAlice, "another") == Verdict::kLater);
}

TEST_CASE("guesses from other addresses keep nobody out") {
  for (const milliseconds every : {milliseconds(125), milliseconds(12), milliseconds(1)}) {
    for (const std::vector<std::string>& from :
         {std::vector<std::string>{"b"}, {"b", "c", "d", "e", "f"}}) {
      CAPTURE(every.count());
      CAPTURE(from.size());
      Siege siege(from, every);
      CHECK(siege.Scrape("a") == Verdict::kAdmitted);
      CHECK(siege.Scrape("a") == Verdict::kAdmitted);
    }
  }
}

TEST_CASE("who comes again gets through guesses from the same address") {
  for (const milliseconds every : {milliseconds(125), milliseconds(25)}) {
    CAPTURE(every.count());
    Siege siege({"a"}, every);
    Verdict verdict = siege.Scrape("a");
    // By chance another pair may be remembered in its place: a few percent of the time.
    for (int i = 0; i < 10 && verdict != Verdict::kAdmitted; ++i) {
      siege.Wait(seconds(15));
      verdict = siege.Scrape("a");
    }
    CHECK(verdict == Verdict::kAdmitted);
  }
}

TEST_CASE("who was turned away has a place and the next turn when it comes again") {
  Desk desk;
  size_t number = 0;
  for (size_t i = 0; i < kPasswordsWaitingPerClientMax; ++i) {
    CHECK(desk.Ask(Numbered(number++)) == Verdict::kLater);
  }
  CHECK(desk.Ask(Numbered(number++)) == Verdict::kBusy);
  CHECK(desk.Ask(kAlice) == Verdict::kBusy);
  CHECK(desk.Ask(kAlice) == Verdict::kLater);
  desk.admission.CheckNext();
  CHECK(desk.told == Verdicts{Verdict::kAdmitted});
  // There are only so many of those places.
  for (size_t i = 0; i < kPasswordsAgainPerClientMax; ++i) {
    CHECK(desk.Ask(Numbered(900)) == (i == 0 ? Verdict::kBusy : Verdict::kLater));
  }
  CHECK(desk.Ask(Numbered(900)) == Verdict::kLater);
  CHECK(desk.Ask(Numbered(900)) == Verdict::kBusy);
}

TEST_CASE("addresses take turns and from five of them nobody fills all places") {
  Desk desk;
  size_t number = 0;
  for (const char* client : {"b", "c", "d", "e", "f"}) {
    for (size_t i = 0; i < kPasswordsWaitingPerClientMax + kPasswordsAgainPerClientMax; ++i) {
      if (desk.Ask(Numbered(number), client) == Verdict::kBusy) desk.Ask(Numbered(number), client);
      ++number;
    }
  }
  CHECK(desk.Ask(kAlice, "a") == Verdict::kLater);
  for (int i = 0; i < 6; ++i) desk.admission.CheckNext();
  CHECK(desk.told == Verdicts{Verdict::kRefused, Verdict::kRefused, Verdict::kRefused,
                              Verdict::kRefused, Verdict::kRefused, Verdict::kAdmitted});
  // From more addresses they can: whoever comes again has a place even then.
  while (desk.Ask(Numbered(number), std::to_string(number)) == Verdict::kLater) ++number;
  CHECK(desk.Ask(kBob, "z") == Verdict::kBusy);
  CHECK(desk.Ask(kBob, "z") == Verdict::kLater);
}

TEST_CASE("what was remembered is forgotten when the users change") {
  Desk desk;
  desk.Ask(kAlice);
  desk.admission.CheckNext();
  desk.admission.Set({{"alice", "hash-of-secret", ""}}, {});
  CHECK(desk.Ask(kAlice) == Verdict::kAdmitted);
  desk.admission.Set({{"alice", "hash-of-guess", ""}}, {});
  CHECK(desk.Ask(kAlice) == Verdict::kLater);
  desk.admission.CheckNext();
  CHECK(desk.told.back() == Verdict::kRefused);
  CHECK(desk.Ask(kGuess) == Verdict::kLater);
}

TEST_CASE("a verdict about users of before lets nobody in") {
  Verdicts told;
  Admission changing({[&](const std::string&, const std::string&) {
                        changing.Set({{"carol", "h", ""}}, {});
                        return true;
                      },
                      [] { return Admission::Clock::time_point(); }, [] {}});
  changing.Set({{"alice", "h", ""}}, {});
  CHECK(changing.Admit(kAlice, "a", [&](Verdict v) { told.push_back(v); }) == Verdict::kLater);
  changing.CheckNext();
  CHECK(told == Verdicts{Verdict::kBusy});
}

TEST_CASE("only the newest verdicts are remembered") {
  Desk desk;
  desk.Ask(kGuess);
  desk.admission.CheckNext();
  for (size_t i = 0; i < kVerdictsRememberedMax; ++i) {
    // alice:000, alice:001, ... in base64, four letters behind "alice:"
    static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const std::string text = {'Y', kLetters[i % 52], kLetters[i / 52], 'A'};
    desk.Ask("Basic YWxpY2U6" + text);
    desk.admission.CheckNext();
  }
  CHECK(desk.Ask(kGuess) == Verdict::kLater);
}

TEST_CASE("a password that stands as it is needs no check") {
  Desk desk({{"alice", "", "secret"}});
  CHECK(desk.admission.HasUsers());
  CHECK(desk.Ask(kAlice) == Verdict::kAdmitted);
  CHECK(desk.Ask(kGuess) == Verdict::kRefused);
  CHECK(desk.Ask(kBob) == Verdict::kRefused);
  CHECK(desk.Ask("") == Verdict::kRefused);
  CHECK(desk.verified.empty());
}

TEST_CASE("requests beyond the rate limit are sent away") {
  Desk desk(kNobody, {seconds(2), 3});
  for (int i = 0; i < 3; ++i) CHECK(desk.Ask("") == Verdict::kAdmitted);
  CHECK(desk.Ask("") == Verdict::kTooMany);
  desk.now += seconds(2);
  CHECK(desk.Ask("") == Verdict::kAdmitted);
  CHECK(desk.Ask("") == Verdict::kTooMany);
  desk.now += seconds(3600);
  for (int i = 0; i < 3; ++i) CHECK(desk.Ask("") == Verdict::kAdmitted);
  CHECK(desk.Ask("") == Verdict::kTooMany);
}
