// DatabaseList: the databases that the server has, besides the one of the connection.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <vector>

namespace pillion::postgres {

struct DatabaseList {
  struct Database {
    std::string name;
    bool open;  // it takes connections, and the role may make one
  };

  // One row per database: its name and whether it is open. Templates are none.
  static const char* const kSql;

  // Some rows of its answer. `first`: the first ones.
  void Take(const PGresult* rows, bool first);

  std::vector<Database> all;  // in the order of their making
  bool fresh = false;         // it was read in this poll
};

}  // namespace pillion::postgres
