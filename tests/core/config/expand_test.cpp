#include "config/expand.hpp"
#include "config/config.hpp"
#include "core/config/temp_directory.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <string>

namespace pillion {
namespace {

using testing::TempDirectory;

Outside Made() {
  return {
      [](const char* name) -> const char* {
        const std::string_view text = name;
        return text == "USER" ? "monitor" : text == "NESTED" ? "${env:USER}" : nullptr;
      },
      [](const std::string& path) -> Result<std::string> {
        if (path == "/pw") return std::string("hunter2\n");
        if (path == "/pw.crlf") return std::string("hunter2\r\n");
        if (path == "/two") return std::string("a\n\n");
        return Error{Reason::kInternal, "cannot read `" + path + "`: No such file or directory"};
      },
  };
}

std::string Expanded(std::string_view pattern, size_t bytes_max = 100) {
  const auto text = Expand(pattern, Made(), bytes_max);
  return text ? *text : "error: " + text.error().message;
}

constexpr const char* kForms = "; write ${env:NAME} or ${file:PATH}, and $${ for a plain ${";

TEST_CASE("variables and files are put into a string") {
  CHECK(Expanded("") == "");
  CHECK(Expanded("plain") == "plain");
  CHECK(Expanded("${env:USER}") == "monitor");
  CHECK(Expanded("user=${env:USER} password=${file:/pw} x") == "user=monitor password=hunter2 x");
  CHECK(Expanded("${env:USER}${env:USER}") == "monitormonitor");
}

TEST_CASE("one newline at the end of a file is cut off") {
  CHECK(Expanded("${file:/pw.crlf}!") == "hunter2!");
  CHECK(Expanded("${file:/two}!") == "a\n!");
}

TEST_CASE("dollars are plain unless a brace follows") {
  CHECK(Expanded("$") == "$");
  CHECK(Expanded("pa$$word$") == "pa$$word$");
  CHECK(Expanded("$USER {x}") == "$USER {x}");
  CHECK(Expanded("$${env:USER}") == "${env:USER}");
  CHECK(Expanded("$$${env:USER}") == "$${env:USER}");
  CHECK(Expanded("$$") == "$$");
}

TEST_CASE("what was put in is not expanded again") {
  CHECK(Expanded("${env:NESTED}") == "${env:USER}");
}

TEST_CASE("what is missing is named and nothing else is") {
  CHECK(Expanded("hunter3 ${env:NOPE}") == "error: environment variable `NOPE` is not set");
  CHECK(Expanded("hunter3 ${file:/none}") ==
        "error: cannot read `/none`: No such file or directory");
}

TEST_CASE("a pattern that is wrong is refused without telling it") {
  const std::string forms = kForms;
  CHECK(Expanded("a${hunter2}") == "error: a ${ is neither ${env: nor ${file:" + forms);
  CHECK(Expanded("a${env:hunter2") == "error: a ${ is not closed with }" + forms);
  CHECK(Expanded("${env:}") == "error: ${env: needs a variable's name" + forms);
  CHECK(Expanded("${env:1hunter}") == "error: ${env: needs a variable's name" + forms);
  CHECK(Expanded("${env:hunter 2}") == "error: ${env: needs a variable's name" + forms);
  CHECK(Expanded("${file:}") == "error: ${file: needs a path" + forms);
  CHECK(Expanded("${file:/pw hunter2 ${env:USER}") == "error: ${file: needs a path" + forms);
  CHECK(Expanded("${file:/pw\nhunter2}") == "error: ${file: needs a path" + forms);
  CHECK_FALSE(CheckPattern("${env:").ok());
  CHECK(CheckPattern("${env:A}$${x}${file:/none}").ok());
}

TEST_CASE("an expanded string has a bound") {
  CHECK(Expanded("${env:USER}", 7) == "monitor");
  CHECK(Expanded("${env:USER}", 6) == "error: longer than 6 bytes when expanded");
  CHECK(Expanded("abcdefg${env:USER}", 7) == "error: longer than 7 bytes when expanded");
}

TEST_CASE("a secret is read anew each time") {
  const TempDirectory directory;
  const std::string path = directory.Write("password", "first\n");
  const Secret secret("${file:" + path + "}");
  CHECK(*secret.Read() == "first");
  directory.Write("password", "second\n");
  CHECK(*secret.Read() == "second");
  CHECK_FALSE(secret.empty());
  CHECK(Secret().empty());
  CHECK(*Secret().Read() == "");
  CHECK(*Secret("plain$").Read() == "plain$");
  CHECK(secret == Secret("${file:" + path + "}"));
}

TEST_CASE("a secret reads a variable of the process") {
  ::setenv("PILLION_TEST_SECRET", "from the environment", 1);
  CHECK(*Secret("${env:PILLION_TEST_SECRET}").Read() == "from the environment");
  ::unsetenv("PILLION_TEST_SECRET");
  const auto gone = Secret("${env:PILLION_TEST_SECRET}").Read();
  REQUIRE_FALSE(gone.ok());
  CHECK(gone.error().message == "environment variable `PILLION_TEST_SECRET` is not set");
}

TEST_CASE("a secret file that cannot be used is named with the reason") {
  const TempDirectory directory;
  const auto message = [](const std::string& path) {
    const auto text = Secret("${file:" + path + "}").Read();
    return text ? "read" : text.error().message;
  };
  const std::string none = directory.path() + "/none";
  CHECK(message(none) == "cannot read `" + none + "`: No such file or directory");
  CHECK(message(directory.path()) == "cannot read `" + directory.path() + "`: not a regular file");
  CHECK(message("/dev/zero") == "cannot read `/dev/zero`: not a regular file");
  const std::string pipe = directory.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(message(pipe) == "cannot read `" + pipe + "`: not a regular file");
}

TEST_CASE("a secret file is at most 64 KiB") {
  const TempDirectory directory;
  const std::string fits = directory.Write("fits", std::string(Secret::kFileBytesMax, 's'));
  const std::string large = directory.Write("large", std::string(Secret::kFileBytesMax + 1, 's'));
  CHECK(Secret("${file:" + fits + "}").Read()->size() == Secret::kFileBytesMax);
  const auto text = Secret("${file:" + large + "}").Read();
  REQUIRE_FALSE(text.ok());
  CHECK(text.error().reason == Reason::kLimit);
  CHECK(text.error().message == "cannot read `" + large + "`: larger than 65536 bytes");
}

TEST_CASE("a path with a NUL reads no other file") {
  const TempDirectory directory;
  const std::string path = directory.Write("a", "x");
  CHECK_FALSE(Secret("${file:" + path + std::string("\0b}", 3)).Read().ok());
}

}  // namespace
}  // namespace pillion
