// The commands. Each returns the process's exit code: 0 ok, 1 ran and failed, 2 configuration.
#pragma once

#include "app/arguments.hpp"

namespace pillion {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

int RunCommand(const Arguments& arguments);

int Serve(const Arguments& arguments);
int Check(const Arguments& arguments);
int Scrape(const Arguments& arguments);
int List(const Arguments& arguments);
int Describe(const Arguments& arguments);
int Health(const Arguments& arguments);
int Lint(const Arguments& arguments);

}  // namespace pillion
