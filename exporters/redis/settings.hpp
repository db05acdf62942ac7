// Settings: the options of an instance, read once.
#pragma once

#include "address.hpp"
#include "clients.hpp"
#include "key_settings.hpp"
#include "topology.hpp"

#include <pillion/options.hpp>

#include <optional>
#include <string>
#include <vector>

namespace pillion::redis {

// What is shown of the clients.
enum class ClientSeries : uint8_t { kGroups, kEach };

struct Settings {
  Address address;
  Topology topology;
  std::optional<tls::Config> tls;  // for rediss:// only
  std::string user;                // empty: the default user
  std::string client_name;
  std::string config_command;  // empty: CONFIG is not to be used
  bool include_config = false;
  bool include_system_metrics = false;
  bool include_sentinel_peers = false;
  bool empty_databases = true;
  size_t reply_bytes_max = 0;
  ClientSeries client_series = ClientSeries::kGroups;
  bool client_port = false;
  bool client_details = false;  // also as redis_exporter 1.45 showed them
  std::vector<ClientText> client_groups_by;
  size_t client_groups_max = 0;  // groups
  bool include_unknown_info = false;
  std::string rdb_directory;  // empty: what CONFIG says
  std::string check_search_indexes;
  KeySettings keys;
  size_t clients_max = 0;  // clients that are shown one by one

  // Throws OptionError if an option cannot be used.
  static Settings From(const Options& options);
};

}  // namespace pillion::redis
