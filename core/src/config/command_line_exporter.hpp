// `--exporter TYPE=ADDRESS` and `--exporter NAME:TYPE=ADDRESS`.
#pragma once

#include "config/loading.hpp"

#include <pillion/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pillion {

struct CommandLineExporter {
  std::string name;  // empty: not given
  std::string type;
  std::string address;  // may hold a password: never tell it
  bool usable = true;   // false: the name is taken, it is read for its other errors alone
};

// What stands before the first `=` is TYPE, or NAME:TYPE if it has a colon. Pure.
Result<CommandLineExporter> ParseCommandLineExporter(std::string_view text);

// Adds the instances, after those of the files. One without a name is called like its type, or
// type_2, type_3, ... if that is taken. `source` is the command line's.
void ReadCommandLine(const std::vector<std::string>& items, uint32_t source, Loading& loading);

}  // namespace pillion
