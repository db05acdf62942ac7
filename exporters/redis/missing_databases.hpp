// MissingDatabases: databases that keys are asked for in and that a server does not have: one in a
// cluster has only number 0, mostly. That costs the keys in them, and the log says so, once for
// each database.
//
// Threads: one at a time. Bounds: as many databases as the settings name.
#pragma once

#include <pillion/options.hpp>

#include <set>
#include <string>
#include <string_view>

namespace pillion::redis {

class MissingDatabases {
 public:
  explicit MissingDatabases(const Options& options) : options_(options) {}

  // `said`: by the server, to SELECT.
  void Tell(int db, const std::string& server, std::string_view said) {
    if (!told_.insert(db).second) return;
    options_.Log(PILLION_LOG_WARN, server + " has no database " + std::to_string(db) + " (" +
                                       std::string(said) + "): keys in it are left out");
  }

 private:
  const Options options_;
  std::set<int> told_;
};

}  // namespace pillion::redis
