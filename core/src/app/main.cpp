#include "app/arguments.hpp"
#include "app/commands.hpp"

#include <malloc.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

int main(int argc, char** argv) {
  // One arena: with glibc's default, every lane that once held a large result keeps its own.
  ::mallopt(M_ARENA_MAX, 1);
  // A peer that goes away is an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const pillion::ParsedArguments parsed = pillion::ParseArguments(argc, argv);
    const int exit_code =
        parsed.exit_code ? *parsed.exit_code : pillion::RunCommand(parsed.arguments);
    // A full disk must not pass for a complete page.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      std::fprintf(stderr, "pillion: the output could not be written: %s\n", std::strerror(errno));
      return 1;
    }
    return exit_code;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "pillion: %s\n", e.what());
    return 1;
  }
}
