#include "sdk/lambda_exporter.hpp"

#include <doctest/doctest.h>
#include <pillion/testing/test_host.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using pillion::Error;
using pillion::Option;
using pillion::Options;
using pillion::OptionType;
using pillion::PollContext;
using pillion::Reason;
using pillion::Result;
using pillion::SecretText;
using pillion::Sink;
using pillion::testing::ExporterOf;
using pillion::testing::TestHost;

namespace {

constexpr Option kTypes[] = {
    {.name = "text", .default_value = "plain"},
    {.name = "flag", .type = OptionType::kBool, .default_value = "true"},
    {.name = "whole", .type = OptionType::kInt, .default_value = "-3"},
    {.name = "real", .type = OptionType::kFloat, .default_value = "2.5"},
    {.name = "time", .type = OptionType::kDuration, .default_value = "1.5s"},
    {.name = "size", .type = OptionType::kSize, .default_value = "64KiB"},
    {.name = "list", .type = OptionType::kStringList, .default_value = "[\"a\", \"b\"]"},
    {.name = "unset"},
};

constexpr Option kChecked[] = {
    {.name = "must", .flags = PILLION_OPT_REQUIRED},
    {.name = "percent", .type = OptionType::kInt, .minimum = 1, .maximum = 100},
    {.name = "wait", .type = OptionType::kDuration, .minimum = 0.5, .maximum = 60},
    {.name = "mode", .choices = "fast,slow"},
    {.name = "modes", .type = OptionType::kStringList, .choices = "fast,slow"},
    {.name = "password", .flags = PILLION_OPT_SECRET},
};

constexpr Option kSecret[] = {
    {.name = "password", .default_value = "none", .flags = PILLION_OPT_SECRET},
};

Result<void> DoNothing(const Options&, PollContext&, Sink&) { return {}; }

std::string CreateError(pillion::testing::TestHostConfig config) {
  TestHost host(
      ExporterOf({.type = "t", .options = kChecked},
                 [](const Options& o, PollContext& c, Sink& s) { return DoNothing(o, c, s); }),
      std::move(config));
  const Result<void> created = host.Create();
  return created.ok() ? "" : created.error().message;
}

// Reads the secret in each poll and tells what it got as a fact.
const pillion_plugin* SecretReader() {
  return ExporterOf({.type = "t", .options = kSecret},
                    [](const Options& options, PollContext& context, Sink&) -> Result<void> {
                      CHECK_FALSE(options.IsSet("password"));
                      CHECK(options.String("password").empty());
                      const Result<SecretText> secret = options.Secret("password");
                      if (!secret) return secret.error();
                      context.Fact("secret", (*secret).view());
                      return {};
                    });
}

}  // namespace

TEST_CASE("options of every type come as configured") {
  TestHost host(ExporterOf({.type = "t", .options = kTypes},
                           [](const Options& o, PollContext&, Sink&) -> Result<void> {
                             CHECK(o.String("text") == "x y");
                             CHECK_FALSE(o.Bool("flag", true));
                             CHECK(o.Int("whole") == 42);
                             CHECK(o.Float("real") == 0.125);
                             CHECK(o.Duration("time") == 2min);
                             CHECK(o.Size("size") == 3u << 20);
                             const std::vector<std::string_view> list = {"p", "q", "r"};
                             CHECK(o.StringList("list") == list);
                             CHECK(o.IsSet("text"));
                             return {};
                           }),
                {.options = {{"text", "x y"},
                             {"flag", "false"},
                             {"whole", "42"},
                             {"real", "0.125"},
                             {"time", "2m"},
                             {"size", "3MiB"},
                             {"list", "p, q,r"}}});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().ok());
}

TEST_CASE("options that are not configured have the table's default") {
  TestHost host(ExporterOf({.type = "t", .options = kTypes},
                           [](const Options& o, PollContext&, Sink&) -> Result<void> {
                             CHECK(o.String("text") == "plain");
                             CHECK(o.Bool("flag"));
                             CHECK(o.Int("whole") == -3);
                             CHECK(o.Float("real") == 2.5);
                             CHECK(o.Duration("time") == 1500ms);
                             CHECK(o.Size("size") == 65536);
                             const std::vector<std::string_view> list = {"a", "b"};
                             CHECK(o.StringList("list") == list);
                             return {};
                           }));
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().ok());
}

TEST_CASE("without value and default the fallback counts") {
  TestHost host(ExporterOf({.type = "t", .options = kTypes},
                           [](const Options& o, PollContext&, Sink&) -> Result<void> {
                             CHECK_FALSE(o.IsSet("unset"));
                             CHECK(o.String("unset", "f") == "f");
                             CHECK(o.Bool("unset", true));
                             CHECK(o.Int("text", 5) == 5);  // of another type
                             CHECK(o.Float("unset", 0.5) == 0.5);
                             CHECK(o.Duration("unset", 3s) == 3s);
                             CHECK(o.Size("no such option", 9) == 9);
                             CHECK(o.StringList("unset").empty());
                             return {};
                           }));
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().ok());
}

TEST_CASE("strings of options live as long as the object") {
  static std::string_view kept;
  TestHost host(ExporterOf({.type = "t", .options = kTypes},
                           [](const Options& o, PollContext&, Sink&) -> Result<void> {
                             if (kept.empty()) kept = o.String("text");
                             CHECK(kept == "plain");
                             return {};
                           }));
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().ok());
  CHECK(host.Poll().ok());
}

TEST_CASE("options that do not fit the table are refused by name") {
  const std::map<std::string, std::string> must = {{"must", "x"}};
  CHECK(CreateError({.options = must}).empty());
  CHECK(CreateError({}) == "option `must` is required");
  const auto with = [&](const std::string& name, const std::string& text) {
    return CreateError({.options = {{"must", "x"}, {name, text}}});
  };
  CHECK(with("nope", "1") == "option `nope` is not in the table");
  CHECK(with("percent", "ten") == "option `percent`: `ten` is not an integer");
  CHECK(with("percent", "101") == "option `percent`: `101` is out of range");
  CHECK(with("percent", "100").empty());
  CHECK(with("wait", "10") == "option `wait`: `10` is not a duration like 1.5s");
  CHECK(with("wait", "61s") == "option `wait`: `61s` is out of range");
  CHECK(with("mode", "odd") == "option `mode`: `odd` is not one of its choices");
  CHECK(with("modes", "fast,odd") == "option `modes`: `fast,odd` is not a list of its choices");
  CHECK(with("password", "x") == "option `password` is a secret: give it in `secrets`");
  CHECK(CreateError({.options = must, .secrets = {{"mode", "x"}}}) ==
        "`mode` is not a secret of the option table");
}

TEST_CASE("a secret is read anew at each poll") {
  TestHost host(SecretReader(), {.secrets = {{"password", "first"}}});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().facts["secret"] == "first");
  host.SetSecret("password", "second");
  CHECK(host.Poll().facts["secret"] == "second");
  CHECK(host.SecretReads("password") == 2);
}

TEST_CASE("an exporter that keeps its session is told of secrets that change") {
  static Reason second;
  second = Reason::kOk;
  static bool open;
  open = false;
  TestHost host(ExporterOf({.type = "t", .options = kSecret},
                           [](const Options& o, PollContext& ctx, Sink&) -> Result<void> {
                             const bool changed = open && o.SecretsChanged();
                             ctx.Fact("changed", changed ? "yes" : "no");
                             if (open && !changed) return {};
                             if (auto secret = o.Secret("password"); !secret) return secret.error();
                             if (std::exchange(open, true)) {
                               Result<void> outcome;
                               if (second != Reason::kOk) outcome = Error{second, "no"};
                               o.SecretsTried(outcome);
                             }
                             return {};
                           }),
                {.secrets = {{"password", "first"}}});
  REQUIRE(host.Create().ok());
  const auto changed = [&] { return host.Poll().facts["changed"] == "yes"; };
  CHECK(host.Poll().ok());
  CHECK_FALSE(changed());
  host.SetSecret("password", "second");
  CHECK(changed());
  CHECK_FALSE(changed());
  second = Reason::kAuth;
  host.SetSecret("password", "third");
  CHECK(changed());
  CHECK_FALSE(changed());
  host.RetrySecrets();
  CHECK(changed());
  host.SetSecret("password", "second");
  CHECK_FALSE(changed());
  host.SetSecret("password", "fourth");
  host.BreakSecret("password");
  CHECK_FALSE(changed());
  CHECK(host.secrets_tried() == std::vector{Reason::kOk, Reason::kAuth, Reason::kAuth});
}

TEST_CASE("a host that is older than rotation leaves sessions as they are") {
  TestHost host(SecretReader(), {.secrets = {{"password", "first"}}});
  pillion_host older = *host.host();
  older.size = offsetof(pillion_host, secrets_changed);
  older.secrets_changed = nullptr;
  older.secrets_tried = nullptr;
  const Options options(&older, host.instance());
  CHECK_FALSE(options.SecretsChanged());
  options.SecretsTried(Result<void>());
}

TEST_CASE("a secret that is not configured is empty") {
  TestHost host(SecretReader());
  REQUIRE(host.Create().ok());
  const auto report = host.Poll();
  CHECK(report.ok());
  CHECK(report.facts.at("secret").empty());
}

TEST_CASE("a secret that cannot be read is an error without its text") {
  TestHost host(SecretReader(), {.secrets = {{"password", "hush"}}});
  REQUIRE(host.Create().ok());
  host.BreakSecret("password");
  const auto report = host.Poll();
  CHECK(report.reason == Reason::kAuth);
  CHECK(report.error == "secret `password` is not available; the host says why");
  REQUIRE(report.logs.size() == 1);
  CHECK(report.logs[0].level == PILLION_LOG_ERROR);
  host.SetSecret("password", "back");
  CHECK(host.Poll().facts["secret"] == "back");
}

TEST_CASE("a long secret comes whole and one over 64 KiB is refused") {
  TestHost host(SecretReader(), {.secrets = {{"password", std::string(2000, 's')}}});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().facts["secret"] == std::string(2000, 's'));
  host.SetSecret("password", std::string(64 * 1024 + 1, 's'));
  CHECK(host.Poll().reason == Reason::kLimit);
}

TEST_CASE("a secret's text is wiped when it goes and when it moves") {
  alignas(SecretText) unsigned char place[sizeof(SecretText)] = {};
  const std::string hush = "hush-hush";  // short: kept inside the object
  auto* secret = new (place) SecretText(hush);
  const auto holds = [&] {
    // Without its first byte, which clear() alone would overwrite.
    return std::search(std::begin(place), std::end(place), hush.begin() + 1, hush.end()) !=
           std::end(place);
  };
  REQUIRE(holds());
  SecretText other(std::move(*secret));
  CHECK(other.view() == hush);
  CHECK_FALSE(holds());
  *secret = std::move(other);
  CHECK(other.empty());  // NOLINT(bugprone-use-after-move): what is to be seen
  REQUIRE(holds());
  secret->~SecretText();
  CHECK_FALSE(holds());
}

TEST_CASE("the instance's name and log lines cross") {
  TestHost host(ExporterOf({.type = "t"},
                           [](const Options& o, PollContext&, Sink&) -> Result<void> {
                             o.Log(PILLION_LOG_WARN, "hello from " + std::string(o.InstanceName()));
                             return {};
                           }),
                {.instance = "orders"});
  REQUIRE(host.Create().ok());
  host.Poll();
  const auto report = host.Poll();
  REQUIRE(report.logs.size() == 1);
  CHECK(report.logs[0].level == PILLION_LOG_WARN);
  CHECK(report.logs[0].text == "hello from orders");
  CHECK(host.logs().size() == 2);
}
