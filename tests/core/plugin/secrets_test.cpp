// Secrets as plugins meet them: two lanes of one instance, a file that changes, a target that takes
// one password only, and a clock in the test's hand.
#include "plugin/instance_secrets.hpp"
#include "plugin/object.hpp"

#include <pillion/exporter.hpp>

#include "core/plugin/held_clock.hpp"

#include <doctest/doctest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace pillion;
using pillion::test::HeldClock;
using namespace std::chrono_literals;

namespace {

// The one target of these tests.
struct Target {
  std::string password = "right";
  int log_ins = 0;
  int refused = 0;
  Reason failure = Reason::kOk;  // before it looks at a password
  std::vector<Reason> collectors;
};
Target* target;

Result<void> LogIn(const Options& options, std::string& session) {
  const auto password = options.Secret("password");
  if (!password) return password.error();
  const auto token = options.Secret("token");
  if (!token) return token.error();
  ++target->log_ins;
  if (target->failure != Reason::kOk) return Error{target->failure, "not now"};
  if (password->view() != target->password) {
    ++target->refused;
    return Error{Reason::kAuth, "wrong password"};
  }
  session = password->view();
  return {};
}

// Keeps its session, unless it is to drop it, and shows which password that was made with.
class Keeper {
 public:
  explicit Keeper(const Options& options) : options_(options) {}
  Result<void> Poll(PollContext& ctx, Sink& sink) {
    if (options_.Bool("drop")) session_.clear();
    if (session_.empty()) {
      if (auto done = LogIn(options_, session_); !done) return done;
    }
    ctx.Fact("session", session_);
    for (uint32_t i = 0; i < target->collectors.size(); ++i) {
      const Reason reason = target->collectors[i];
      sink.Collect(i, [&] {
        return reason == Reason::kOk ? Result<void>() : Result<void>(Error{reason, "part"});
      });
    }
    if (options_.Bool("drop") || !options_.SecretsChanged()) return {};
    options_.SecretsTried(LogIn(options_, session_));
    return {};
  }

 private:
  Options options_;
  std::string session_;
};

constexpr Collector kCollectors[] = {{.name = "one"}, {.name = "other"}};
constexpr Option kOptions[] = {
    {.name = "drop", .type = OptionType::kBool},
    {.name = "password", .flags = PILLION_OPT_SECRET},
    {.name = "token", .flags = PILLION_OPT_SECRET},
};

struct Scene {
  Scene() {
    target = &target_;
    password = directory / "password";
    token = directory / "token";
    Write("right");
  }
  ~Scene() { std::filesystem::remove_all(directory); }

  void Write(std::string_view value) { std::ofstream(password, std::ios::trunc) << value << "\n"; }

  std::unique_ptr<PluginObject> Lane(bool drop = false, bool with_token = false) {
    static const ExporterInfo info{
        .type = "keeper", .options = kOptions, .collectors = kCollectors};
    auto type = ExporterType::FromDescriptor(detail::PluginOf<Keeper>::Describe(info), "test");
    REQUIRE(type.ok());
    auto config = std::make_shared<InstanceConfig>();
    config->name = "one";
    config->type = "keeper";
    config->collectors.resize(2);
    OptionValue& value = config->options["drop"];
    value.type = PILLION_OPT_BOOL;
    value.flag = drop;
    if (!password.empty())
      config->options["password"].secret = Secret("${file:" + password.string() + "}");
    if (with_token) config->options["token"].secret = Secret("${file:" + token.string() + "}");
    auto lane = PluginObject::Create(*type, config, {*type, &(*type)->families()}, {}, &clock);
    REQUIRE(lane.ok());
    (*lane)->ShareSecrets(gate);
    return std::move(*lane);
  }

  PollOutcome Poll(PluginObject& lane) { return lane.Poll({true, true}, clock.now + 10s); }

  static std::string Fact(const PollOutcome& outcome, std::string_view name) {
    for (const auto& [known, text] : outcome.facts) {
      if (known == name) return text;
    }
    return {};
  }

  std::filesystem::path directory = [] {
    char name[] = "/tmp/pillion-secrets-XXXXXX";
    return std::filesystem::path(::mkdtemp(name));
  }();
  std::filesystem::path password, token;
  HeldClock clock;
  double random = 0.5;
  std::shared_ptr<SecretGate> gate =
      std::make_shared<SecretGate>(&clock, [this] { return random; });
  Target target_;
};

}  // namespace

TEST_CASE_FIXTURE(Scene, "a refused secret is not tried again until the pause is over") {
  auto lane = Lane();
  Write("wrong");
  PollOutcome outcome = Poll(*lane);
  CHECK(outcome.reason == Reason::kAuth);
  CHECK(outcome.message == "wrong password; tried again when `password` changes, or in 10 s");
  CHECK(outcome.secrets.refused == 1);
  CHECK_FALSE(outcome.secrets.accepted);
  for (int i = 0; i < 9; ++i) {
    clock.now += 1s;
    outcome = Poll(*lane);
    CHECK(outcome.reason == Reason::kAuth);
    CHECK(outcome.secrets.refused == 0);
  }
  CHECK(outcome.message == "wrong password; tried again when `password` changes, or in 1 s");
  CHECK(target_.log_ins == 1);
  clock.now += 1s;
  CHECK(Poll(*lane).message == "wrong password; tried again when `password` changes, or in 20 s");
  CHECK(target_.log_ins == 2);
  // The target took the other side: with the next try all is well.
  target_.password = "wrong";
  clock.now += 19s;
  CHECK_FALSE(Poll(*lane).ok());
  clock.now += 1s;
  outcome = Poll(*lane);
  CHECK(outcome.ok());
  CHECK(outcome.secrets.accepted);
  CHECK(outcome.secrets.changes == 0);
}

TEST_CASE_FIXTURE(Scene, "a refused secret that changes is tried at once") {
  auto lane = Lane();
  Write("wrong");
  CHECK_FALSE(Poll(*lane).ok());
  Write("also wrong");
  CHECK_FALSE(Poll(*lane).ok());
  CHECK(target_.log_ins == 2);
  CHECK_FALSE(Poll(*lane).ok());
  CHECK(target_.log_ins == 2);
  Write("right");
  CHECK(Poll(*lane).ok());
  CHECK(target_.log_ins == 3);
}

TEST_CASE_FIXTURE(Scene, "lanes share what was refused") {
  auto quick = Lane(), slow = Lane();
  Write("wrong");
  CHECK(Poll(*quick).reason == Reason::kAuth);
  CHECK(Poll(*slow).reason == Reason::kAuth);
  CHECK(target_.log_ins == 1);
  clock.now += 10s;
  CHECK(Poll(*slow).reason == Reason::kAuth);
  CHECK(Poll(*quick).reason == Reason::kAuth);
  CHECK(target_.log_ins == 2);
}

TEST_CASE_FIXTURE(Scene, "any of several secrets that changes is a change of all") {
  auto lane = Lane(false, true);
  std::ofstream(token) << "one";
  Write("wrong");
  CHECK(Poll(*lane).message ==
        "wrong password; tried again when `password` or `token` changes, or in 10 s");
  CHECK_FALSE(Poll(*lane).ok());
  CHECK(target_.log_ins == 1);
  std::ofstream(token, std::ios::trunc) << "two";
  CHECK_FALSE(Poll(*lane).ok());
  CHECK(target_.log_ins == 2);
}

TEST_CASE_FIXTURE(Scene, "a log-in for which a secret was missing is no try") {
  auto lane = Lane(false, true);
  const PollOutcome outcome = Poll(*lane);  // there is a password, and no token
  CHECK(outcome.reason == Reason::kAuth);
  CHECK(outcome.secrets.refused == 0);
  CHECK_FALSE(gate->refusal().has_value());
  std::ofstream(token) << "one";
  CHECK(Poll(*lane).ok());
}

TEST_CASE_FIXTURE(Scene, "a second session for which a secret was missing is no try") {
  auto config = std::make_shared<InstanceConfig>();
  config->options["password"].secret = Secret("${file:" + password.string() + "}");
  config->options["token"].secret = Secret("${file:" + token.string() + "}");
  InstanceSecrets secrets(config, &clock);
  secrets.Share(gate);
  char text[64];
  pillion_buffer buffer{text, sizeof text, 0};
  secrets.PollBegins();
  CHECK(secrets.Read("password", &buffer) == PILLION_REASON_OK);
  CHECK(secrets.Read("token", &buffer) == PILLION_REASON_AUTH);
  secrets.Tried(Reason::kAuth, "there is no token");
  CHECK_FALSE(gate->refusal().has_value());
  std::ofstream(token) << "one";
  CHECK(secrets.Read("password", &buffer) == PILLION_REASON_OK);
  CHECK(secrets.Read("token", &buffer) == PILLION_REASON_OK);
  CHECK(std::string_view(text, buffer.size) == "one");
  secrets.Tried(Reason::kAuth, "no");
  REQUIRE(gate->refusal().has_value());
  CHECK(gate->refusal()->error == "no");
}

TEST_CASE_FIXTURE(Scene, "failures of another kind say nothing about secrets") {
  auto lane = Lane();
  target_.failure = Reason::kRefused;
  for (int i = 1; i <= 5; ++i) {
    CHECK(Poll(*lane).reason == Reason::kRefused);
    CHECK(target_.log_ins == i);
  }
}

TEST_CASE_FIXTURE(Scene, "a changed secret takes the place of the old one in every lane") {
  auto quick = Lane(), slow = Lane();
  CHECK(Poll(*quick).ok());
  CHECK(Poll(*slow).ok());
  target_.password = "new";
  Write("new");
  PollOutcome outcome = Poll(*quick);
  CHECK(outcome.ok());
  CHECK(Fact(outcome, "session") == "right");  // it is tried when all is read
  CHECK(outcome.secrets.changes == 1);
  CHECK(Fact(Poll(*quick), "session") == "new");
  outcome = Poll(*slow);
  CHECK(outcome.ok());
  CHECK(outcome.secrets.changes == 0);
  CHECK(Fact(Poll(*slow), "session") == "new");
  CHECK(target_.log_ins == 4);
  CHECK(target_.refused == 0);
}

TEST_CASE_FIXTURE(Scene, "a wrong new secret leaves the session alone and is tried with pauses") {
  auto quick = Lane(), slow = Lane();
  CHECK(Poll(*quick).ok());
  CHECK(Poll(*slow).ok());
  Write("wrong");
  PollOutcome outcome = Poll(*quick);
  CHECK(outcome.ok());
  CHECK(outcome.secrets.refused == 1);
  CHECK_FALSE(outcome.secrets.accepted);
  CHECK(Fact(outcome, "secret") ==
        "refused, the session with the old one goes on: wrong password; tried again when "
        "`password` changes, or in 10 s");
  for (int i = 0; i < 9; ++i) {
    clock.now += 1s;
    CHECK(Poll(*slow).ok());
    outcome = Poll(*quick);
    CHECK(outcome.ok());
    CHECK(outcome.secrets.refused == 0);
    CHECK(Fact(outcome, "session") == "right");
  }
  CHECK(target_.refused == 1);
  clock.now += 1s;
  CHECK(Poll(*slow).ok());
  CHECK(Poll(*quick).ok());
  CHECK(target_.refused == 2);
  SUBCASE("put back") {
    Write("right");
    outcome = Poll(*quick);
    CHECK(outcome.secrets.accepted);
    CHECK(Fact(outcome, "secret") == "");
    CHECK(target_.log_ins == 4);  // the session is there
  }
  SUBCASE("mended") {
    target_.password = "new";
    Write("new");
    outcome = Poll(*quick);
    CHECK(outcome.secrets.changes == 1);
    CHECK(outcome.secrets.accepted);
    CHECK(Fact(Poll(*quick), "session") == "new");
  }
}

TEST_CASE_FIXTURE(Scene, "a second session that fails otherwise is tried again after a pause") {
  auto lane = Lane();
  CHECK(Poll(*lane).ok());
  target_.password = "new";
  target_.failure = Reason::kLimit;
  Write("new");
  for (int i = 0; i < 5; ++i) {
    const PollOutcome outcome = Poll(*lane);
    CHECK(outcome.ok());
    CHECK(outcome.secrets.accepted);
  }
  CHECK(target_.log_ins == 2);
  clock.now += 10s;
  CHECK(Poll(*lane).ok());
  clock.now += 19s;
  CHECK(Poll(*lane).ok());
  CHECK(target_.log_ins == 3);
  target_.failure = Reason::kOk;
  clock.now += 1s;
  CHECK(Poll(*lane).secrets.changes == 1);
  CHECK(target_.refused == 0);
}

TEST_CASE_FIXTURE(Scene, "a secret that is gone leaves the session alone") {
  auto lane = Lane();
  CHECK(Poll(*lane).ok());
  std::filesystem::remove(password);
  CHECK(Poll(*lane).ok());
  CHECK(target_.log_ins == 1);
}

TEST_CASE_FIXTURE(Scene, "an exporter that makes a session for each poll counts changes too") {
  auto lane = Lane(/*drop=*/true);
  CHECK(Poll(*lane).secrets.changes == 0);
  target_.password = "new";
  Write("new");
  CHECK(Poll(*lane).secrets.changes == 1);
  CHECK(Poll(*lane).secrets.changes == 0);
}

TEST_CASE_FIXTURE(Scene, "a secret that a part of the target accepts is right") {
  auto lane = Lane(/*drop=*/true);
  target_.collectors = {Reason::kAuth, Reason::kOk};
  CHECK(Poll(*lane).secrets.accepted);
  CHECK(Poll(*lane).ok());
  target_.collectors = {Reason::kAuth, Reason::kTimeout};
  PollOutcome outcome = Poll(*lane);
  CHECK(outcome.ok());
  CHECK(outcome.secrets.refused == 1);
  CHECK(target_.log_ins == 3);
  CHECK(Poll(*lane).reason == Reason::kAuth);
  CHECK(target_.log_ins == 3);
}

TEST_CASE_FIXTURE(Scene, "without a configured secret refusals have pauses as well") {
  password.clear();
  auto lane = Lane();
  CHECK(Poll(*lane).message == "wrong password; tried again in 10 s");
  CHECK_FALSE(Poll(*lane).ok());
  CHECK(target_.log_ins == 1);
  clock.now += 10s;
  CHECK_FALSE(Poll(*lane).ok());
  CHECK(target_.log_ins == 2);
}
