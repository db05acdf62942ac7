#include "postgres/setting.hpp"

#include <doctest/doctest.h>

#include <cmath>

using pillion::postgres::ConvertSetting;
using pillion::postgres::Setting;

namespace {

void CheckSetting(const std::optional<Setting>& setting, std::string_view family, double value) {
  REQUIRE(setting);
  CHECK(setting->family == family);
  CHECK(setting->value == value);
}

}  // namespace

TEST_CASE("parameters without a unit keep their name and value") {
  CheckSetting(ConvertSetting("max_connections", "", "100"), "pg_settings_max_connections", 100);
  CheckSetting(ConvertSetting("autovacuum", "", "on"), "pg_settings_autovacuum", 1);
  CheckSetting(ConvertSetting("bonjour", "", "off"), "pg_settings_bonjour", 0);
  CheckSetting(ConvertSetting("data_directory_mode", "", "0700"), "pg_settings_data_directory_mode",
               700);
}

TEST_CASE("times become seconds") {
  CheckSetting(ConvertSetting("bgwriter_delay", "ms", "200"), "pg_settings_bgwriter_delay_seconds",
               0.2);
  CheckSetting(ConvertSetting("checkpoint_timeout", "s", "300"),
               "pg_settings_checkpoint_timeout_seconds", 300);
  CheckSetting(ConvertSetting("log_rotation_age", "min", "1440"),
               "pg_settings_log_rotation_age_seconds", 86400);
  CheckSetting(ConvertSetting("a", "h", "2"), "pg_settings_a_seconds", 7200);
  CheckSetting(ConvertSetting("a", "d", "1"), "pg_settings_a_seconds", 86400);
  CheckSetting(ConvertSetting("a", "us", "5"), "pg_settings_a_seconds", 0.000005);
}

TEST_CASE("sizes become bytes") {
  CheckSetting(ConvertSetting("shared_buffers", "8kB", "16384"), "pg_settings_shared_buffers_bytes",
               134217728);
  CheckSetting(ConvertSetting("work_mem", "kB", "4096"), "pg_settings_work_mem_bytes", 4194304);
  CheckSetting(ConvertSetting("max_wal_size", "MB", "1024"), "pg_settings_max_wal_size_bytes",
               1073741824);
  CheckSetting(ConvertSetting("min_wal_size", "16MB", "5"), "pg_settings_min_wal_size_bytes",
               83886080);
  CheckSetting(ConvertSetting("a", "B", "7"), "pg_settings_a_bytes", 7);
  CheckSetting(ConvertSetting("a", "TB", "1"), "pg_settings_a_bytes", 1099511627776);
}

TEST_CASE("minus one is never scaled") {
  CheckSetting(ConvertSetting("autovacuum_work_mem", "kB", "-1"),
               "pg_settings_autovacuum_work_mem_bytes", -1);
  CheckSetting(ConvertSetting("log_min_duration_statement", "ms", "-1"),
               "pg_settings_log_min_duration_statement_seconds", -1);
}

TEST_CASE("a value with a unit of its own is taken in that unit without losing a digit") {
  CheckSetting(ConvertSetting("a", "ms", "100ms"), "pg_settings_a_seconds", 0.1);
  CheckSetting(ConvertSetting("a", "ms", "20s"), "pg_settings_a_seconds", 20);
  CheckSetting(ConvertSetting("a", "", "64MB"), "pg_settings_a_bytes", 67108864);
}

TEST_CASE("names of extensions become metric names") {
  CheckSetting(ConvertSetting("pg_stat_statements.max", "", "5000"),
               "pg_settings_pg_stat_statements_max", 5000);
  CheckSetting(ConvertSetting("my-ext.some thing", "", "1"), "pg_settings_my_ext_some_thing", 1);
}

TEST_CASE("what is no number or has an unknown unit is left out") {
  CHECK_FALSE(ConvertSetting("seed", "", "unavailable"));
  CHECK_FALSE(ConvertSetting("a", "furlong", "3"));
  CHECK_FALSE(ConvertSetting("a", "ms", ""));
  CHECK_FALSE(ConvertSetting("a", "", "3 apples"));
}
