#include "app/arguments.hpp"
#include "app/commands.hpp"

#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  // One arena: with glibc's default, every lane that once held a large result keeps its own.
  ::mallopt(M_ARENA_MAX, 1);
  // A peer that goes away is an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const pillion::ParsedArguments parsed = pillion::ParseArguments(argc, argv);
    return parsed.exit_code ? *parsed.exit_code : pillion::RunCommand(parsed.arguments);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "pillion: %s\n", e.what());
    return 1;
  }
}
