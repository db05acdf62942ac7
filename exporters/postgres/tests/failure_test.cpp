#include "postgres/failure.hpp"

#include <doctest/doctest.h>

using namespace pillion;
using namespace pillion::postgres;

TEST_CASE("a refused connection has the reason behind its SQLSTATE") {
  CHECK(ConnectReason("28P01") == Reason::kAuth);
  CHECK(ConnectReason("28000") == Reason::kAuth);
  CHECK(ConnectReason("53300") == Reason::kLimit);
  CHECK(ConnectReason("57P03") == Reason::kRefused);
  CHECK(ConnectReason("3D000") == Reason::kRefused);
  CHECK(ConnectReason("42501") == Reason::kPermission);
  CHECK(ConnectReason("0A000") == Reason::kVersion);
  CHECK(ConnectReason("08P01") == Reason::kProtocol);
}

TEST_CASE("a failed statement has the reason behind its SQLSTATE") {
  CHECK(StatementReason("42501") == Reason::kPermission);
  CHECK(StatementReason("57014") == Reason::kTimeout);
  CHECK(StatementReason("55P03") == Reason::kTimeout);
  CHECK(StatementReason("42P01") == Reason::kVersion);
  CHECK(StatementReason("42703") == Reason::kVersion);
  CHECK(StatementReason("53200") == Reason::kLimit);
  CHECK(StatementReason("57P01") == Reason::kRefused);
  CHECK(StatementReason("22P02") == Reason::kInternal);
}

TEST_CASE("the SQLSTATE is found in a verbose message and nowhere else") {
  CHECK(FindSqlstate("connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: "
                     "password authentication failed for user \"x\"\nLOCATION:  auth_failed, "
                     "auth.c:334\n") == "28P01");
  CHECK(FindSqlstate("SCHWERWIEGEND:  57P03: das Datenbanksystem startet\n") == "57P03");
  CHECK(FindSqlstate("connection to server failed: Connection refused\n").empty());
  CHECK(FindSqlstate("FATAL:  sorry: too many\n").empty());
  CHECK(FindSqlstate("FATAL:  2801").empty());
  CHECK(FindSqlstate("").empty());
}

TEST_CASE("a message becomes one line of bounded length") {
  CHECK(OneLine("connection failed: Connection refused\n\tIs the server running?\n") ==
        "connection failed: Connection refused; Is the server running?");
  CHECK(OneLine("FATAL:  x\r\nLOCATION:  f, a.c:1\n") == "FATAL:  x");
  CHECK(OneLine("").empty());
  CHECK(OneLine(std::string(100000, 'x')).size() == 400);
}

TEST_CASE("the statement that mends a missing privilege quotes the role") {
  CHECK(GrantHint("monitor", "pg_monitor") == "GRANT pg_monitor TO \"monitor\"");
  CHECK(GrantHint("a\"b", "pg_read_all_data") == "GRANT pg_read_all_data TO \"a\"\"b\"");
}
