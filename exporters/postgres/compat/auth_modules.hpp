// auth_modules of a postgres_exporter.yml: by whose name, and with which parameters, /probe reads a
// target.
//
//   auth_modules:
//     orders:
//       type: userpass
//       userpass: {username: monitor, password: secret}
//       options: {sslmode: require}
#pragma once

#include <pillion/result.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace pillion::postgres {

inline constexpr size_t kAuthModulesMax = 255;
inline constexpr size_t kAuthFileBytesMax = 1024 * 1024;

struct AuthModule {
  std::string name;  // fit for a probe's
  std::string user, password;
  std::vector<std::pair<std::string, std::string>> options;
};

struct AuthModules {
  std::vector<AuthModule> modules;
  std::vector<std::string> errors;    // "exporter.yml:3:7: orders: what is wrong", at most 20
  std::vector<std::string> warnings;  // the same way; neither ever holds a value of the file
};

// `path` is only named.
AuthModules ParseAuthModules(const std::string& text, const std::string& path);

// A file of at most kAuthFileBytesMax. Errors: kLimit (it is larger), kInternal (there is none, or
// it cannot be read).
Result<std::string> ReadAuthFile(const std::string& path);

}  // namespace pillion::postgres
