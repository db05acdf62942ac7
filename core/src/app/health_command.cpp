#include "app/commands.hpp"
#include "app/setup.hpp"
#include "http/probe.hpp"

#include <cstdio>
#include <cstdlib>

namespace pillion {
namespace {

std::string FirstOf(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) return {};
  const std::string list(value);
  return list.substr(0, list.find(','));
}

// The same order in which `serve` finds its addresses.
std::string FindAddress(const Arguments& arguments) {
  if (!arguments.address.empty()) return arguments.address;
  for (const char* variable : {"PILLION_HEALTH_LISTEN", "PILLION_LISTEN"}) {
    if (std::string address = FirstOf(variable); !address.empty()) return address;
  }
  if (!arguments.configs.empty()) {
    const auto catalog = MakeCatalog(arguments);
    const auto config = ReadConfig(arguments, *catalog, nullptr);
    if (config != nullptr && !config->http.health_listen.empty()) {
      return config->http.health_listen.front();
    }
    if (config != nullptr && !config->http.listen.empty()) return config->http.listen.front();
  }
  return "127.0.0.1:9970";
}

}  // namespace

int Health(const Arguments& arguments) {
  const std::string address = FindAddress(arguments);
  const Result<int> status = ProbeHttp(address, "/-/healthy", std::chrono::seconds(3));
  if (!status) {
    std::fprintf(stderr, "%s: %s\n", address.c_str(), status.error().message.c_str());
    return kExitFailed;
  }
  std::printf("%s\n", *status == 200 ? "healthy" : "unhealthy");
  return *status == 200 ? kExitOk : kExitFailed;
}

}  // namespace pillion
