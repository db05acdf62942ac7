// The web configuration of exporter-toolkit: YAML, read as it is documented, with a position for
// everything that is wrong. Unknown keys are errors. Pure.
#pragma once

#include "web/web_settings.hpp"
#include "web/web_source.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::web {

inline constexpr size_t kWebFileBytesMax = size_t{1} << 20;
inline constexpr size_t kUsersMax = 1000;
inline constexpr size_t kWebProblemsMax = 20;  // that are told
inline constexpr size_t kListMax = 100;        // SANs, cipher suites, curves

struct WebFile {
  WebSettings settings;  // whole only if no problem is an error
  std::vector<WebProblem> problems;
  bool good() const;
};

// `path`: for the problems, and for where files stand that it names.
WebFile ParseWebFile(const std::string& text, const std::string& path);

// "TLS12" (also "TLS1.2") as 12; 0 if it is none. Pure.
int TlsVersion(std::string_view name);
// Nothing if there is no such type. Pure.
std::optional<ClientAuth> ClientAuthNamed(std::string_view name);
// What is wrong with them together; empty: nothing. Pure.
std::string WrongTogether(const TlsSettings& tls);

}  // namespace pillion::web
