#include "app/commands.hpp"
#include "app/give_back.hpp"
#include "app/poller_factory.hpp"
#include "app/setup.hpp"
#include "app/sidecar.hpp"
#include "log/log.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace pillion {
namespace {

// Blocked before any thread starts, so that only the main thread takes them, by sigwait.
sigset_t BlockSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void LogAddresses(const Sidecar& sidecar) {
  const bool tls = sidecar.UsesTls();
  for (const std::string& address : sidecar.ScrapeAddresses()) {
    if (tls) {
      Log(LogLevel::kInfo, "serving metrics", {{"address", address}, {"tls", "true"}});
    } else {
      Log(LogLevel::kInfo, "serving metrics", {{"address", address}});
    }
  }
  for (const std::string& address : sidecar.HealthAddresses()) {
    Log(LogLevel::kInfo, "serving health", {{"address", address}});
  }
  if (const std::string address = sidecar.AdminAddress(); !address.empty()) {
    Log(LogLevel::kInfo, "serving the status page", {{"address", address}});
  }
}

// Written beside and renamed: who waits for the file never sees half of it.
bool WritePortFile(const std::string& path, const Sidecar& sidecar) {
  const std::string beside = path + ".new";
  {
    std::ofstream file(beside, std::ios::trunc);
    for (const std::string& a : sidecar.ScrapeAddresses()) file << "scrape " << a << "\n";
    for (const std::string& a : sidecar.HealthAddresses()) file << "health " << a << "\n";
    if (!sidecar.AdminAddress().empty()) file << "admin " << sidecar.AdminAddress() << "\n";
    if (!file.flush()) return false;
  }
  return std::rename(beside.c_str(), path.c_str()) == 0;
}

void WaitForEnd(const sigset_t& signals) {
  while (true) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) {
      Log(LogLevel::kInfo, "stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      return;
    }
    Log(LogLevel::kWarn, "SIGHUP is ignored: the configuration is read at the start only");
  }
}

}  // namespace

int Serve(const Arguments& arguments) {
  const sigset_t signals = BlockSignals();
  // A peer that goes away is an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  const auto catalog = MakeCatalog(arguments);
  const auto config = ReadConfig(arguments, *catalog, [&](const InstanceConfig& instance) {
    return CheckInstanceAndSecrets(instance, *catalog);
  });
  std::unique_ptr<PageGuard> guard;
  if (config == nullptr || !ReadPageGuard(arguments, *config, guard)) return kExitUsage;
  for (const StartNote& note : arguments.notes) Log(note.level, note.text);
  Log(LogLevel::kInfo, "starting",
      {{"version", PILLION_BUILD_VERSION},
       {"instances", std::to_string(config->instances.size())},
       {"probes", std::to_string(config->probes.size())}});

  auto sidecar =
      std::make_unique<Sidecar>(config, catalog.get(), PILLION_BUILD_VERSION, std::move(guard));
  if (auto started = sidecar->Start(); !started) {
    Log(LogLevel::kError, "cannot start", {{"error", started.error().message}});
    return kExitFailed;
  }
  LogAddresses(*sidecar);
  if (!arguments.port_file.empty() && !WritePortFile(arguments.port_file, *sidecar)) {
    Log(LogLevel::kError, "port file cannot be written",
        {{"path", arguments.port_file}, {"error", std::strerror(errno)}});
    return kExitFailed;
  }
  ApplyLog(*config);
  GiveBackStart();
  WaitForEnd(signals);
  if (!arguments.port_file.empty()) std::remove(arguments.port_file.c_str());
  if (!sidecar->Stop()) {
    // A plugin hangs in a library. Nothing outside can be lost by not waiting for it, and the
    // operator asked us to end: exit without destructors, which would join that thread.
    Log(LogLevel::kWarn, "a poll did not return; ending without it");
    std::fflush(nullptr);
    ::_exit(kExitOk);
  }
  Log(LogLevel::kInfo, "stopped");
  return kExitOk;
}

}  // namespace pillion
