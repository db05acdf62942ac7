// A real server that has something to show for collectors that are off by default.
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "postgres/tests/live_server.hpp"

namespace pillion::postgres {

inline std::unique_ptr<LiveServer> MakeFurnishable(std::vector<std::string> more = {},
                                                   bool tls = false) {
  std::vector<std::string> settings = {"shared_preload_libraries = pg_stat_statements",
                                       "wal_level = logical", "max_prepared_transactions = 2",
                                       "track_io_timing = on"};
  settings.insert(settings.end(), more.begin(), more.end());
  return LiveServer::Make({.settings = std::move(settings), .tls = tls});
}

// Something to show for each: a table with bloat, an index that is not valid, sequences, a prepared
// transaction, a session that waits for another, a subscription, and names that need care.
inline void Furnish(const LiveServer& server) {
  server.Run("CREATE SCHEMA \"Odd \"\"name\"\"\"");
  server.Run("CREATE EXTENSION pg_stat_statements SCHEMA \"Odd \"\"name\"\"\"");
  server.Run("CREATE EXTENSION pg_buffercache SCHEMA \"Odd \"\"name\"\"\"");
  server.Run(
      "CREATE TABLE orders AS SELECT g AS id, repeat('x', 200) AS t "
      "FROM generate_series(1, 20000) g");
  server.Run("DELETE FROM orders WHERE id % 10 <> 0");
  server.Run("ANALYZE orders");
  server.Run("CREATE INDEX broken ON orders (id)");
  server.Run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass");
  server.Run("CREATE TABLE \"Ta\"\"b\nle \u00fc\" (id smallserial)");
  server.Run("CREATE TABLE parts (id int) PARTITION BY RANGE (id)");
  server.Run("CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (9)");
  server.Run("CREATE SEQUENCE half AS smallint MAXVALUE 101 MINVALUE 1");
  server.Run("SELECT setval('half', 51)");
  server.Run(
      "CREATE SUBSCRIPTION copy CONNECTION 'dbname=postgres' PUBLICATION p "
      "WITH (connect = false)");
  const auto session = server.Connect();
  pqxx::nontransaction work(*session);
  work.exec("BEGIN");
  work.exec("INSERT INTO orders VALUES (0, '')");
  work.exec("PREPARE TRANSACTION 'held'");
}

}  // namespace pillion::postgres
