#include "postgres/compat/auth_modules.hpp"
#include "common/compat/tests/recording_host.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

extern "C" const pillion_compat* pillion_compat_entry_postgres_exporter();

namespace pillion::postgres {
namespace {

using compat::RecordingHost;
using Words = std::vector<std::string>;
using Options = std::vector<std::pair<std::string, std::string>>;

// A file that is gone with it.
class File {
 public:
  explicit File(const std::string& text) {
    char pattern[] = "/tmp/pillion-auth-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    directory_ = pattern;
    path_ = directory_ + "/exporter.yml";
    std::ofstream(path_) << text;
  }
  ~File() { std::filesystem::remove_all(directory_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string directory_, path_;
};

AuthModules Parse(const std::string& text) { return ParseAuthModules(text, "e.yml"); }

std::string Told(const std::string& text) {
  std::string told;
  const AuthModules file = Parse(text);
  for (const std::string& error : file.errors) told += error + "\n";
  return told;
}

// What is served by such a file and nothing else, behind what is always there.
std::string Probes(RecordingHost& host, const std::string& yaml, Words words = {}) {
  const File file(yaml);
  words.insert(words.begin(), "--config.file=" + file.path());
  const std::string body = host.Translate(*pillion_compat_entry_postgres_exporter(), words);
  CHECK(host.toml.find("SECRET") == std::string::npos);
  const size_t begin = body.find("[probes.");
  return begin == body.npos ? "" : body.substr(begin);
}

constexpr const char* kOne =
    "auth_modules:\n  first:\n    type: userpass\n    userpass:\n      username: first\n"
    "      password: SECRET\n    options:\n      sslmode: disable\n";
constexpr const char* kDefault =
    "[probes.default]\ntype = \"postgres\"\ndefault = true\ntargets = [\"**\"]\n"
    "dsn = \"postgresql://{target}?sslmode=require\"\n";

TEST_CASE("a module has a user and a password and options") {
  const AuthModules file = Parse(
      "auth_modules:\n  client.orders: {type: userpass, userpass: {username: u, password: 17},\n"
      "    options: {sslmode: verify-full, connect_timeout: 3, dbname: , application_name: ~}}\n"
      "  b: {type: userpass, userpass: {username: v, password: ':@/?'}}\n");
  CHECK(file.errors.empty());
  CHECK(file.warnings.empty());
  REQUIRE(file.modules.size() == 2);
  CHECK(file.modules[0].name == "client.orders");
  CHECK(file.modules[0].user == "u");
  CHECK(file.modules[0].password == "17");
  CHECK(file.modules[0].options == Options{{"sslmode", "verify-full"}, {"connect_timeout", "3"}});
  CHECK(file.modules[1].password == ":@/?");
}

TEST_CASE("what a file leaves empty is nothing") {
  for (const char* text : {"", "\n# nothing\n", "{}", "auth_modules:\n", "auth_modules: {}\n"}) {
    CAPTURE(text);
    const AuthModules file = Parse(text);
    CHECK(file.modules.empty());
    CHECK(file.errors.empty());
    CHECK(file.warnings.empty());
  }
}

TEST_CASE("a module takes over what another one has") {
  const AuthModules file = Parse(
      "auth_modules:\n  a: &a\n    type: userpass\n    userpass: &u {username: u, password: p}\n"
      "    options: {sslmode: disable}\n"
      "  b:\n    <<: *a\n    userpass: {<<: [*u], username: v}\n");
  CHECK(file.errors.empty());
  REQUIRE(file.modules.size() == 2);
  CHECK(file.modules[1].user == "v");
  CHECK(file.modules[1].password == "p");
  CHECK(file.modules[1].options == Options{{"sslmode", "disable"}});
}

TEST_CASE("a module without a password is left out and told") {
  const AuthModules file = Parse(
      "auth_modules:\n  a: {type: userpass}\n  b: {type: userpass, userpass: {password: p}}\n"
      "  c: {type: userpass, userpass: {username: u, password: ''}}\n");
  CHECK(file.modules.empty());
  CHECK(file.errors.empty());
  CHECK(file.warnings ==
        Words{"e.yml:2:3: a: has no username or no password: nothing can be probed with it",
              "e.yml:3:3: b: has no username or no password: nothing can be probed with it",
              "e.yml:4:3: c: has no username or no password: nothing can be probed with it"});
}

TEST_CASE("what is wrong with a file is told by line and column") {
  CHECK(Told("- a\n") == "e.yml:1:1: must be a map with `auth_modules`\n");
  CHECK(Told("auth_modules: [a]\n") == "e.yml:1:15: auth_modules must be a map of modules\n");
  CHECK(Told("auth_module:\n  a: 1\n") ==
        "e.yml:1:1: unknown key `auth_module`; there are auth_modules\n");
  CHECK(Told("auth_modules:\n  a: b\n") ==
        "e.yml:2:6: a: must be a map with `type` and `userpass`\n"
        "e.yml:2:3: a: has no type; there is `type: userpass`\n");
  const std::string module = "auth_modules:\n  a:\n    type: userpass\n";
  CHECK(Told(module + "    userpas: {username: u}\n") ==
        "e.yml:4:5: a: unknown key `userpas`; there are type, userpass and options\n");
  CHECK(Told(module + "    userpass: {user: u}\n") ==
        "e.yml:4:16: a: unknown key `user`; there are username and password\n");
  CHECK(Told(module + "    userpass: SECRET\n") == "e.yml:4:15: a: userpass must be a map\n");
  CHECK(Told(module + "    userpass: {password: [SECRET]}\n") ==
        "e.yml:4:26: a: password must be a text\n");
  CHECK(Told(module + "    options: {sslmode: SECRET}\n") ==
        "e.yml:4:24: a: sslmode must be disable, allow, prefer, require, verify-ca or "
        "verify-full\n");
  CHECK(Told(module + "    type: userpass\n") == "e.yml:4:5: a: `type` is there twice\n");
  CHECK(Told(module + "  a: {type: userpass}\n") == "e.yml:4:3: `a` is there twice\n");
  CHECK(Told("auth_modules:\n  a: {type: SECRET}\n") == "e.yml:2:13: a: type must be userpass\n");
  CHECK(Told("auth_modules:\n  a b: {type: userpass}\n") ==
        "e.yml:2:3: a b: must be called by 1 to 64 letters, digits, _, . and -\n");
  CHECK(Told("auth_modules:\n  [a]: {type: userpass}\n") == "e.yml:2:3: a key must be a text\n");
  CHECK(Told("auth_modules:\n  a: {<<: 1, type: userpass}\n") ==
        "e.yml:2:11: a: what `<<` takes over must be a map\n");
  // No YAML at all.
  for (const char* text : {"auth_modules:\n\ta: SECRET\n", "auth_modules: {a: SECRET\n",
                           "auth_modules:\n  a: *SECRET\n", "a: 'SECRET\n", "a: !<SECRET\n"}) {
    CAPTURE(text);
    const std::string told = Told(text);
    CHECK(told.starts_with("e.yml:"));
    CHECK(told.find("SECRET") == std::string::npos);
  }
}

TEST_CASE("what is told and taken of a file is bounded") {
  std::string wrong = "auth_modules:\n", many = "auth_modules:\n";
  for (size_t i = 0; i < kAuthModulesMax + 1; ++i) {
    wrong += "  a" + std::to_string(i) + ": 1\n";
    many +=
        "  a" + std::to_string(i) + ": {type: userpass, userpass: {username: u, password: p}}\n";
  }
  CHECK(Parse(wrong).errors.size() == 20);
  CHECK(Told(many) == "e.yml:257:3: more than 255 modules\n");
  CHECK(Parse(many).modules.size() == kAuthModulesMax);
  Told(std::string(100'000, '['));
}

TEST_CASE("a file is read unless it is no file or too large") {
  const File file("x: 1\n");
  CHECK(*ReadAuthFile(file.path()) == "x: 1\n");
  const std::string pipe = file.path() + ".pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(ReadAuthFile(pipe).error().message == "cannot read " + pipe + ": it is no regular file");
  CHECK_FALSE(ReadAuthFile("/tmp").ok());
  CHECK(ReadAuthFile("/none/x").error().message ==
        "cannot read /none/x: No such file or directory");
  std::ofstream(file.path()) << std::string(kAuthFileBytesMax, ' ');
  CHECK(ReadAuthFile(file.path())->size() == kAuthFileBytesMax);
  std::ofstream(file.path()) << std::string(kAuthFileBytesMax + 1, ' ');
  CHECK(ReadAuthFile(file.path()).error().reason == Reason::kLimit);
}

TEST_CASE("each module is a probe of any target and one more is for requests without") {
  RecordingHost host;
  CHECK(Probes(host, kOne) ==
        "[probes.first]\ntype = \"postgres\"\ntargets = [\"**\"]\n"
        "dsn = \"postgresql://{target}?sslmode=disable\"\nuser = \"first\"\n"
        "password = \"${env:AUTH_MODULE_FIRST_PASSWORD}\"\n" +
            std::string(kDefault));
  CHECK(host.outcome == PILLION_COMPAT_SERVE);
  CHECK(host.defined["AUTH_MODULE_FIRST_PASSWORD"] == "SECRET");
  REQUIRE(host.notes.size() == 1);
  CHECK(host.notes[0].starts_with("/probe reads any target"));
  CHECK(host.toml.find("# passwords of auth modules are referred to as") != std::string::npos);
}

TEST_CASE("flags of the instances are those of probes too") {
  RecordingHost host;
  host.known = {"collector locks"};
  host.environment = {{"DATA_SOURCE_NAME", "host=h"}, {"PGSSLMODE", "disable"}};
  CHECK(Probes(host,
               "auth_modules: {a.b: {type: userpass, userpass: {username: '${u', password: "
               "SECRET}}}",
               {"--no-collector.locks", "--collection-timeout=5s", "--constantLabels=x=y",
                "--probe.targets=db-*:5432,b", "--probe.targets=c:*"}) ==
        "[probes.\"a.b\"]\ntype = \"postgres\"\ntargets = [\"db-*:5432\", \"b\", \"c:*\"]\n"
        "dsn = \"postgresql://{target}\"\nuser = \"$${u\"\n"
        "password = \"${env:AUTH_MODULE_A_B_PASSWORD}\"\ntimeout = \"5s\"\n"
        "[probes.\"a.b\".labels]\nx = \"y\"\n[probes.\"a.b\".collectors]\nlocks = false\n"
        "[probes.default]\ntype = \"postgres\"\ndefault = true\n"
        "targets = [\"db-*:5432\", \"b\", \"c:*\"]\ndsn = \"postgresql://{target}\"\n"
        "timeout = \"5s\"\n"
        "[probes.default.labels]\nx = \"y\"\n[probes.default.collectors]\nlocks = false\n");
  CHECK(host.notes.empty());
}

TEST_CASE("options are parameters and settings of the session") {
  RecordingHost host;
  const std::string toml = Probes(
      host,
      "auth_modules:\n  m:\n    type: userpass\n    userpass: {username: u, password: SECRET}\n"
      "    options:\n      sslmode: verify-ca\n      sslrootcert: /c a.pem\n"
      "      application_name: '{target}${env:X}&%'\n      options: -c jit=off\n"
      "      search_path: 'a, b\\c'\n      sslpassword: 'SECRET&x'\n      password: SECRET\n"
      "      binary_parameters: yes\n");
  CHECK(toml.find("dsn = \"postgresql://{target}?sslmode=verify-ca&sslrootcert=/c%20a.pem"
                  "&application_name=%7Btarget%7D%24%7Benv%3AX%7D%26%25"
                  "&sslpassword=${env:AUTH_MODULE_M_SSLPASSWORD}"
                  "&options=-c%20jit%3Doff%20-c%20search_path%3Da%2C%5C%20b%5C%5Cc\"\n") !=
        std::string::npos);
  CHECK(host.defined["AUTH_MODULE_M_SSLPASSWORD"] == "SECRET%26x");
  CHECK(host.notes.size() == 3);
  CHECK(host.notes[1] == "the option password of the auth module m has no effect");
}

TEST_CASE("names that variables cannot hold are told apart") {
  RecordingHost host;
  const std::string toml =
      Probes(host,
             "auth_modules:\n  a-b: {type: userpass, userpass: {username: u, password: 1}}\n"
             "  a.b: {type: userpass, userpass: {username: u, password: 2}}\n"
             "  default: {type: userpass, userpass: {username: u, password: 3}}\n");
  CHECK(host.defined == std::map<std::string, std::string>{{"AUTH_MODULE_A_B_PASSWORD", "1"},
                                                           {"AUTH_MODULE_A_B_PASSWORD_2", "2"},
                                                           {"AUTH_MODULE_DEFAULT_PASSWORD", "3"}});
  CHECK(toml.find("[probes.default_]\ntype = \"postgres\"\ndefault = true\n") != std::string::npos);
}

TEST_CASE("without modules there are no probes") {
  RecordingHost host;
  CHECK(Probes(host, "auth_modules:\n") == "");
  CHECK(host.notes == Words{"no data source is set: there is nothing to read"});
  CHECK(Probes(host, "", {"--probe.targets=a"}) == "");
  CHECK(host.notes.back() == "no data source is set: there is nothing to read");
  CHECK(host.notes[1] == "--probe.targets has no effect: there are no auth modules");
}

TEST_CASE("a file that makes no sense is not served") {
  RecordingHost host;
  Probes(host, "auth_modules:\n  a: {type: userpas}\n  b: [\n");
  CHECK(host.outcome == PILLION_COMPAT_WRONG);
  REQUIRE(host.errors.size() == 1);
  CHECK(host.errors[0].find("/exporter.yml:4:1: ") != std::string::npos);
  RecordingHost large;
  Probes(large, std::string(kAuthFileBytesMax + 1, ' '));
  CHECK(large.outcome == PILLION_COMPAT_WRONG);
}

}  // namespace
}  // namespace pillion::postgres
