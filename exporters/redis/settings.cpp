#include "settings.hpp"

#include "common/tls_options.hpp"

#include "client_groups.hpp"

#include <algorithm>

namespace pillion::redis {

namespace {

void ReadClients(const Options& options, Settings& settings) {
  if (options.String("client_series") == "each") settings.client_series = ClientSeries::kEach;
  settings.client_port = options.Bool("client_port", false);
  settings.client_details = !options.StringList("compat").empty();
  for (const std::string_view label : options.StringList("client_groups_by")) {
    const auto field = FieldOf(label);
    if (!field) throw OptionError("client_groups_by", "no such label");
    const auto& by = settings.client_groups_by;
    if (std::find(by.begin(), by.end(), *field) != by.end()) {
      throw OptionError("client_groups_by", "a label stands there twice");
    }
    settings.client_groups_by.push_back(*field);
  }
  if (settings.client_groups_by.size() > ClientGroups::kLabelsMax) {
    throw OptionError("client_groups_by", "at most 5 labels");
  }
  settings.client_groups_max = static_cast<size_t>(options.Int("client_groups_max", 200));
  settings.clients_max = static_cast<size_t>(options.Int("clients_max", 5000));
}

}  // namespace

Settings Settings::From(const Options& options) {
  auto address = ParseAddress(options.String("address", "127.0.0.1:6379"));
  if (!address) throw OptionError("address", address.error().message);
  Settings settings;
  settings.address = std::move(*address);
  settings.tls = tls::ReadConfig(options, settings.address.tls,
                                 "write `address` as rediss://host:port to use it");
  settings.topology = ReadTopology(options, settings.address);
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
  ReadClients(options, settings);
  settings.keys = KeySettings::From(options);
  settings.include_unknown_info = options.Bool("include_unknown_info", false);
  settings.rdb_directory = options.String("rdb_directory");
  settings.check_search_indexes = options.String("check_search_indexes", ".*");
  return settings;
}

}  // namespace pillion::redis
