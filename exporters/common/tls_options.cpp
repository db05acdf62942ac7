#include "tls_options.hpp"

namespace pillion::tls {

std::optional<Config> ReadConfig(const Options& options, bool wanted, std::string_view how) {
  Config config;
  const struct {
    std::string_view name;
    std::string& into;
  } texts[] = {{kCaFileOption.name, config.ca_file},
               {kCertFileOption.name, config.cert_file},
               {kKeyFileOption.name, config.key_file},
               {kServerNameOption.name, config.server_name}};
  for (const auto& text : texts) {
    text.into = options.String(text.name);
    if (text.into.find('\0') != std::string::npos) throw OptionError(text.name, "holds a NUL byte");
    // Who writes one of them wants TLS, and must not go without it by a missing letter.
    if (!wanted && !text.into.empty()) {
      throw OptionError(text.name, std::string("TLS is off; ").append(how));
    }
  }
  if (!wanted) return std::nullopt;
  if (config.cert_file.empty() && !config.key_file.empty()) {
    throw OptionError(kKeyFileOption.name, "belongs to a `tls_cert_file`, which is missing");
  }
  if (config.key_file.empty()) config.key_file = config.cert_file;  // both may be in one file
  config.skip_verify = options.Bool(kSkipVerifyOption.name, false);
  return config;
}

}  // namespace pillion::tls
