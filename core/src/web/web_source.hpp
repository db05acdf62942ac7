// WebSource: where it stands how pages are guarded, and what the module of the guard exports.
//
// The one header of this folder that others see; it needs no library.
#pragma once

#include "http/page_guard.hpp"

#include <pillion/result.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

struct WebText {
  std::string text;
  std::string where;  // "pillion.toml:3:1: http.tls.cert_file", for what is wrong with it
};

struct WebSource {
  // The path of a web configuration of exporter-toolkit. If there is none, the rest counts.
  WebText file;

  std::map<std::string, WebText, std::less<>> tls;  // by the keys of tls_server_config
  WebText user;
  // Read when pages begin to be served and then with each look at the files; empty: not set. Of the
  // two, the hash counts.
  std::function<Result<std::string>()> password, password_hash;
  std::string secret_where;  // of that which counts

  bool empty() const { return file.text.empty() && tls.empty() && user.text.empty(); }
};

struct WebProblem {
  std::string text;  // "file:line:column: key: what is wrong"; never a secret
  bool warning = false;
};

struct WebHooks {
  // Any thread. What happens to files that are read anew.
  std::function<void(bool bad, std::string_view text)> log;
};

// Reads everything, starts nothing. Null if a problem is an error.
using OpenGuard = std::unique_ptr<PageGuard> (*)(const WebSource& source, WebHooks hooks,
                                                 std::vector<WebProblem>& problems);

struct WebModule {
  uint32_t version;  // of these declarations
  OpenGuard open;
};
inline constexpr uint32_t kWebModuleVersion = 3;
using WebModuleEntry = const WebModule* (*)();

}  // namespace pillion

// What the module core/web.so exports, or who links the guard has.
extern "C" const pillion::WebModule* pillion_web_module();
