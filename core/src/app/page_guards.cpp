#include "app/page_guards.hpp"

#include "app/linked_exporters.hpp"
#include "log/log.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace pillion {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModule = "core/web.so";

Error Wrong(std::string text) { return {Reason::kInternal, std::move(text)}; }

Result<const WebModule*> OpenModule(const std::vector<std::string>& directories) {
  if (const auto linked = LinkedWebModule(); linked != nullptr) return linked();
  std::string path;
  for (const std::string& directory : directories) {
    std::error_code ignored;
    path = (fs::path(directory) / kModule).string();
    if (fs::exists(path, ignored)) break;
  }
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    const char* why = ::dlerror();
    return Wrong(std::string("cannot be loaded: ") + (why == nullptr ? path : why));
  }
  const auto entry = reinterpret_cast<WebModuleEntry>(::dlsym(module, "pillion_web_module"));
  if (entry == nullptr) return Wrong(path + " is not what guards pages");
  if (entry()->version != kWebModuleVersion) return Wrong(path + " is of another version");
  return entry();
}

void LogReload(bool bad, std::string_view text) {
  if (bad) {
    return Log(LogLevel::kError, "what guards the pages cannot be read anew; what was read stays",
               {{"error", std::string(text)}});
  }
  constexpr std::string_view kDone = "what guards the pages was read anew";
  if (text.empty()) return Log(LogLevel::kInfo, kDone);
  Log(LogLevel::kInfo, kDone, {{"detail", std::string(text)}});
}

// Health at `listen` is guarded like all else there.
void WarnOfProbes(const WebKeys& web, const PageGuard& guard, std::vector<WebProblem>& problems) {
  if (!guard.UsesTls() && !guard.AsksPasswords()) return;
  const std::string& where = !web.file.text.empty() ? web.file.where
                             : !web.tls.empty()     ? web.tls.begin()->second.where
                                                    : web.user.where;
  problems.push_back({where + ": pages ask for TLS or a password, and without http.health_listen "
                              "health does too: `pillion health`, as a container's health check "
                              "runs it, and plain probes fail",
                      true});
}

}  // namespace

WebSource WebSourceOf(const HttpConfig& http) {
  const WebKeys& web = http.web;
  WebSource source;
  source.file = {web.file.text, web.file.where};
  for (const auto& [key, value] : web.tls) source.tls[key] = {value.text, value.where};
  source.user = {web.user.text, web.user.where};
  source.secret_where = web.secret_where;
  if (!web.password.empty()) source.password = [secret = web.password] { return secret.Read(); };
  if (!web.password_hash.empty()) {
    source.password_hash = [secret = web.password_hash] { return secret.Read(); };
  }
  return source;
}

std::unique_ptr<PageGuard> MakePageGuard(const HttpConfig& http,
                                         const std::vector<std::string>& directories,
                                         std::vector<WebProblem>& problems) {
  const WebSource source = WebSourceOf(http);
  if (source.empty()) return nullptr;
  const auto module = OpenModule(directories);
  if (!module) {
    problems.push_back({"what guards the pages " + module.error().message, false});
    return nullptr;
  }
  auto guard = (*module)->open(source, {LogReload}, problems);
  if (guard != nullptr && http.health_listen.empty()) WarnOfProbes(http.web, *guard, problems);
  return guard;
}

}  // namespace pillion
