#include "app/commands.hpp"
#include "config/config.hpp"
#include "config/listen_address.hpp"
#include "http/probe.hpp"

#include <cstdio>
#include <cstdlib>

namespace pillion {
namespace {

// The first address under which a sidecar with this configuration answers probes. Mistakes in the
// files don't matter here: what runs has read them before they were made.
std::string ConfiguredAddress(const Arguments& arguments) {
  const DescriptorLookup no_lookup = [](std::string_view) -> Result<const pillion_plugin*> {
    return Error{Reason::kInternal, "no exporter is needed here"};
  };
  const HttpConfig http =
      LoadConfig({arguments.configs, {}, {}, {}}, no_lookup, [](const char* name) {
        return std::getenv(name);
      }).http;
  return http.health_listen.empty() ? http.listen.front() : http.health_listen.front();
}

}  // namespace

int Health(const Arguments& arguments) {
  if (const std::string wrong = WrongListenAddress(arguments.address);
      !arguments.address.empty() && !wrong.empty()) {
    std::fprintf(stderr, "--address: %s\n", wrong.c_str());
    return kExitUsage;
  }
  const std::string address =
      arguments.address.empty() ? ConfiguredAddress(arguments) : arguments.address;
  const Result<int> status = ProbeHttp(address, "/-/healthy", std::chrono::seconds(3));
  if (!status) {
    std::fprintf(stderr, "%s: %s\n", address.c_str(), status.error().message.c_str());
    return kExitFailed;
  }
  if (*status == 400 || *status == 401) {
    std::fprintf(stderr, "%s asks for TLS or a password: set http.health_listen, and ask there\n",
                 address.c_str());
    return kExitFailed;
  }
  std::printf("%s\n", *status == 200 ? "healthy" : "unhealthy");
  return *status == 200 ? kExitOk : kExitFailed;
}

}  // namespace pillion
