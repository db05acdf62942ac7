#include "settings.hpp"

namespace pillion::redis {

Settings Settings::From(const Options& options) {
  auto address = ParseAddress(options.String("address", "127.0.0.1:6379"));
  if (!address) throw OptionError("address", address.error().message);
  Settings settings;
  settings.address = std::move(*address);
  settings.user = options.String("username");
  if (settings.user.empty()) settings.user = settings.address.user;
  if (!settings.address.user.empty() && settings.user != settings.address.user) {
    throw OptionError("username", "`address` names another user");
  }
  settings.client_name = options.String("client_name", "pillion");
  // CLIENT SETNAME refuses blanks and control characters; so an error would come at each connect.
  for (const char c : settings.client_name) {
    if (c < '!' || c > '~') {
      throw OptionError("client_name", "printable ASCII without blanks only");
    }
  }
  settings.config_command = options.String("config_command", "CONFIG");
  if (settings.config_command == "-") settings.config_command.clear();
  settings.include_config = options.Bool("include_config", false);
  settings.include_system_metrics = options.Bool("include_system_metrics", false);
  settings.include_sentinel_peers = options.Bool("include_sentinel_peers", false);
  settings.empty_databases = options.Bool("empty_databases", true);
  settings.reply_bytes_max = options.Size("reply_bytes_max", size_t{16} << 20);
  return settings;
}

}  // namespace pillion::redis
