#include "tls.hpp"

#include <dlfcn.h>
#include <sys/stat.h>

#include <filesystem>
#include <system_error>

// There if the engine is linked in, as in tests; else the module has it.
extern "C" [[gnu::weak]] const pillion::tls::Engine* pillion_tls_engine();

namespace pillion::tls {
namespace {

constexpr const char* kModule = "common/tls.so";
constexpr int64_t kFileBytesMax = int64_t{1} << 20;

Error Bad(std::string message) { return {Reason::kInternal, std::move(message)}; }

// Beside the module that this code is in.
std::string ModulePath() {
  Dl_info self{};
  if (::dladdr(reinterpret_cast<const void*>(&ModulePath), &self) == 0) return kModule;
  return (std::filesystem::path(self.dli_fname).parent_path() / kModule).string();
}

Result<const Engine*> FindEngine() {
  if (pillion_tls_engine != nullptr) return pillion_tls_engine();
  const std::string path = ModulePath();
  // Like exporters it stays loaded; opening it again gives the same one.
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    const char* why = ::dlerror();
    return Bad(std::string("cannot load TLS: ") + (why == nullptr ? path : why));
  }
  const auto entry = reinterpret_cast<const Engine* (*)()>(::dlsym(module, "pillion_tls_engine"));
  if (entry == nullptr) return Bad(path + " is not the TLS module");
  const Engine* engine = entry();
  if (engine->version != kEngineVersion) return Bad(path + " is of another version");
  return engine;
}

// A file that cannot be read at once (a FIFO) or is no certificate by its size is refused before
// the library opens it.
Result<void> CheckFile(const char* option, const std::string& path) {
  if (path.empty()) return {};
  struct stat status {};
  std::string why;
  if (::stat(path.c_str(), &status) != 0) {
    why = std::generic_category().message(errno);
  } else if (!S_ISREG(status.st_mode)) {
    why = "not a regular file";
  } else if (status.st_size > kFileBytesMax) {
    why = "larger than 1 MiB";
  }
  if (why.empty()) return {};
  return Error{Reason::kAuth, std::string(option) + " `" + path + "`: " + why};
}

void AddStamp(std::string& stamp, const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) {
    stamp.append("-;");
    return;
  }
  const int64_t parts[] = {static_cast<int64_t>(status.st_dev), static_cast<int64_t>(status.st_ino),
                           status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
  for (const int64_t part : parts) stamp.append(std::to_string(part)).append(",");
  stamp.append(";");
}

}  // namespace

Result<std::unique_ptr<Channel>> Open(int fd, const Config& config, std::string_view host) {
  if (auto good = CheckFile("tls_ca_file", config.ca_file); !good) return good.error();
  if (auto good = CheckFile("tls_cert_file", config.cert_file); !good) return good.error();
  if (auto good = CheckFile("tls_key_file", config.key_file); !good) return good.error();
  const auto engine = FindEngine();
  if (!engine) return engine.error();
  return (*engine)->open(fd, config, host);
}

std::string StampOf(const Config& config) {
  std::string stamp;
  AddStamp(stamp, config.ca_file);
  AddStamp(stamp, config.cert_file);
  AddStamp(stamp, config.key_file);
  return stamp;
}

}  // namespace pillion::tls
