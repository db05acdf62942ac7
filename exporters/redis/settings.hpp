// Settings: the options of an instance, read once.
#pragma once

#include "address.hpp"

#include <pillion/options.hpp>

#include <string>

namespace pillion::redis {

struct Settings {
  Address address;
  std::string user;  // empty: the default user
  std::string client_name;
  std::string config_command;  // empty: CONFIG is not to be used
  bool include_config = false;
  bool include_system_metrics = false;
  bool include_sentinel_peers = false;
  bool empty_databases = true;
  size_t reply_bytes_max = 0;

  // Throws OptionError if an option cannot be used.
  static Settings From(const Options& options);
};

}  // namespace pillion::redis
