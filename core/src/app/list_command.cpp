#include "app/commands.hpp"
#include "app/setup.hpp"

#include <cstdio>

namespace pillion {

int List(const Arguments& arguments) {
  TellOfPluginDirs(arguments, arguments.plugin_dirs);
  const auto catalog = MakeCatalog(arguments);
  int exit_code = kExitOk;
  for (const std::string& name : catalog->Names()) {
    const auto type = catalog->Find(name);
    if (type) {
      std::printf("%-16s %-10s %s (%s)\n", name.c_str(), (*type)->version().c_str(),
                  (*type)->summary().c_str(), (*type)->origin().c_str());
    } else {
      std::fprintf(stderr, "%s: refused: %s\n", name.c_str(), type.error().message.c_str());
      exit_code = kExitFailed;
    }
  }
  return exit_code;
}

}  // namespace pillion
