#include "app/arguments.hpp"
#include "app/commands.hpp"
#include "app/compat_command.hpp"
#include "app/malloc_settings.hpp"
#include "app/setup.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

namespace {

// A standard descriptor that the parent has closed would be the number of the next file or socket,
// and a log line would go to a database. Opened the wrong way round it fails as a closed one does.
void FillStandardDescriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    (void)::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);  // takes the lowest number: fd
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace pillion;
  SetUpMalloc();
  FillStandardDescriptors();
  ParsedArguments parsed;
  try {
    std::optional<int> exit_code;
    if (const auto call = ParseCompatCall(argc, argv)) exit_code = RunCompat(*call);
    if (!exit_code) {
      parsed = ParseArguments(argc, argv, [](const char* name) { return std::getenv(name); });
      exit_code = parsed.exit_code ? *parsed.exit_code : RunCommand(parsed.arguments);
    }
    // A full disk must not pass for a complete page.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      Tell(parsed.arguments, LogLevel::kError,
           std::string("the output could not be written: ") + std::strerror(errno));
      return kExitFailed;
    }
    return *exit_code;
  } catch (const std::exception& e) {
    Tell(parsed.arguments, LogLevel::kError, e.what());
    return kExitFailed;
  }
}
