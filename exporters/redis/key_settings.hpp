// What is asked about keys and streams, and what that may cost the server.
#pragma once

#include "lua_pattern.hpp"

#include <pillion/options.hpp>
#include <pillion/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis {

// A key or a pattern of keys, in one database.
struct KeySpec {
  int db = 0;
  std::string key;
  bool pattern = false;  // it holds one of ?*[]^
};

// "db3=orders:*", or "orders:*" in database 0. Written as in a URL: %20 and + are a blank.
Result<KeySpec> ParseKeySpec(std::string_view text);

struct KeySettings {
  std::vector<KeySpec> check_keys;
  std::vector<KeySpec> count_keys;
  std::vector<KeySpec> check_streams;
  std::vector<LuaPattern> key_groups;
  bool export_values = true;
  bool skip_on_master = false;
  bool consumers = true;
  size_t keys_max = 0;               // keys that are shown
  size_t streams_max = 0;            // streams, and as many groups and consumers ten times
  size_t key_groups_max = 0;         // of a database
  size_t big_keys_max = 0;           // that are shown
  int64_t batch = 0;                 // COUNT of SCAN
  std::chrono::nanoseconds time{0};  // most of it that one poll takes
  double commands_per_second = 0;
  std::string address;  // of the replica to ask; empty: the instance's own

  // Throws OptionError if an option cannot be used.
  static KeySettings From(const Options& options);
};

}  // namespace pillion::redis
