// Being called in the place of another program: by its name, or as `pillion compat NAME ...`.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pillion {

struct CompatCall {
  std::string program;                 // as translators are called: postgres... with underscores
  bool by_command = false;             // pillion compat NAME
  std::vector<std::string> arguments;  // of that program
  bool print_config = false;           // --print-config, which is ours, was among them
};

// Nothing if this is a call of pillion itself. Of "prometheus-a-b" the program is "a_b". Pure.
std::optional<CompatCall> ParseCompatCall(int argc, const char* const* argv);

// Translates and serves; exit codes as those of other commands. Nothing if the program's name was
// the executable's and nobody translates for it: then it is pillion under another name.
std::optional<int> RunCompat(const CompatCall& call);

}  // namespace pillion
