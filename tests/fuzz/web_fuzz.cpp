// The web configuration and the header of credentials: what strangers and operators write.
#include "web/admission.hpp"
#include "web/password_hash.hpp"
#include "web/web_file.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pillion::web;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const WebFile file = ParseWebFile(text, "web.yml");
  Require(file.problems.size() <= kWebProblemsMax, "too many problems");
  for (const auto& problem : file.problems) {
    Require(problem.text.starts_with("web.yml:"), "a problem without a place");
    Require(problem.text.find('\n') == std::string::npos, "a problem of several lines");
  }
  if (file.good()) {
    for (const UserSettings& user : file.settings.users) {
      Require(WrongHash(user.hash).empty(), "a user without a hash");
      Require(!user.name.empty(), "a user without a name");
    }
    for (const auto& [name, value] : file.settings.headers) {
      Require(value.find('\r') == std::string::npos, "a header of several lines");
    }
    if (file.settings.tls) Require(WrongTogether(*file.settings.tls).empty(), "half a TLS");
  }
  if (const auto credentials = ParseBasic(text)) {
    Require(credentials->user.find(':') == std::string::npos, "a colon in a user's name");
  }
  return 0;
}
