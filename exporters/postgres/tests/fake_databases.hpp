// FakeDatabases: a server in a script that has several databases, and a host with the exporter that
// is connected to the one called `own`.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "postgres/tests/scene.hpp"

namespace pillion::postgres {

class FakeDatabases {
 public:
  struct Config {
    std::map<std::string, std::string> options = {};
    testing::RecordTexts records = {};
  };

  // `names`: the others, in the order of their making.
  FakeDatabases(std::vector<std::string> names, Config config)
      : names_(std::move(names)),
        server_([this](ScriptedServer::Connection& c) { Serve(c); }),
        host_(POSTGRES_ENTRY(),
              {.options =
                   Scene::Merged({{"dsn", "host=127.0.0.1 port=" + std::to_string(server_.port()) +
                                              " user=monitor dbname=own"}},
                                 std::move(config.options)),
               .secrets = {{"password", "secret"}},
               .records = std::move(config.records),
               .fake_clock = true}) {
    const auto created = host_.Create();
    REQUIRE_MESSAGE(created.ok(), created.error().message);
  }

  testing::TestHost& host() { return host_; }

  void SetNames(std::vector<std::string> names) {
    const std::lock_guard lock(mutex_);
    names_ = std::move(names);
  }
  // Databases that are in the list and not open.
  void SetBarred(std::vector<std::string> barred) {
    const std::lock_guard lock(mutex_);
    barred_ = std::move(barred);
  }
  // The SQLSTATE with which a database refuses connections; empty: it takes them.
  void Refuse(const std::string& database, const std::string& sqlstate) {
    const std::lock_guard lock(mutex_);
    refusals_[database] = sqlstate;
  }
  // Statements about tables fail there with this SQLSTATE; empty: they don't.
  void Break(const std::string& database, const std::string& sqlstate) {
    const std::lock_guard lock(mutex_);
    broken_[database] = sqlstate;
  }
  // It takes connections, says nothing, and meanwhile the clock goes on; 0: it speaks again.
  void Mute(const std::string& database, std::chrono::nanoseconds passes) {
    const std::lock_guard lock(mutex_);
    mute_[database] = passes;
  }
  // By how much the clock goes on in each visit.
  void SetCost(std::chrono::nanoseconds cost) { cost_ = cost.count(); }

  // The databases that connections were made to since the last call, in order.
  std::vector<std::string> TakeConnected() {
    const std::lock_guard lock(mutex_);
    return std::exchange(connected_, {});
  }
  int together_max() const { return together_max_; }  // connections at the same time
  int lists() const { return lists_; }                // how often the databases were asked for
  int instance_wide() const { return instance_wide_; }

 private:
  void Serve(ScriptedServer::Connection& c) {
    const std::string startup = ReadStartup(c);
    const size_t at = startup.find(std::string("database") + '\0');
    const std::string database = at == startup.npos ? "" : startup.c_str() + at + 9;
    std::string sqlstate;
    std::chrono::nanoseconds mute{};
    {
      const std::lock_guard lock(mutex_);
      connected_.push_back(database);
      sqlstate = refusals_[database];
      mute = mute_[database];
    }
    if (!sqlstate.empty()) {
      c.Send(ErrorMessage("FATAL", sqlstate, "as the test says"));
      return;
    }
    if (mute.count() > 0) {
      host_.Advance(mute);
      return c.Silence();
    }
    const int together = ++together_;
    together_max_ = std::max(together_max_.load(), together);
    c.Send(Greeting());
    fake_.Serve(c, [&](std::string_view sql) { return Answer(database, sql); });
    --together_;
  }

  FakeAnswer Answer(const std::string& database, std::string_view sql) {
    const std::lock_guard lock(mutex_);
    if (Has(sql, "reset_val")) return {{{"r", 16}, {"s", 25}}, {{"f", "public"}}};
    if (Has(sql, "has_database_privilege")) {
      ++lists_;
      FakeAnswer answer{{{"datname", 19}, {"open", 16}}, {}};
      for (const std::string& name : names_) {
        const bool barred = std::find(barred_.begin(), barred_.end(), name) != barred_.end();
        answer.rows.push_back({name, std::string(1, barred ? '\0' : '\1')});
      }
      return answer;
    }
    if (Has(sql, "pg_postmaster_start_time")) ++instance_wide_;
    const bool about_tables = Has(sql, "FROM pg_stat") && Has(sql, "_user_");
    if (!about_tables && !Has(sql, "FROM mine")) return Usual(sql);
    if (!broken_[database].empty()) return {.sqlstate = broken_[database]};
    if (Has(sql, "FROM mine")) return {{{"x", 25}}, {{std::to_string(database.size())}}};
    if (Has(sql, "pg_statio_user_indexes")) {
      return {
          {{"schemaname", 19}, {"relname", 19}, {"indexrelname", 19}, {"idx_blks_read_total", 20}},
          {{"public", "t", "i", Int64(1)}}};
    }
    if (database != "own") host_.Advance(std::chrono::nanoseconds(cost_.load()));
    return {{{"datname", 19}, {"schemaname", 19}, {"relname", 19}, {"seq_scan", 20}},
            {{database, "public", "t", Int64(++scans_)}}};
  }

  std::mutex mutex_;
  std::vector<std::string> names_;
  std::vector<std::string> barred_;
  std::map<std::string, std::string> refusals_;
  std::map<std::string, std::string> broken_;
  std::map<std::string, std::chrono::nanoseconds> mute_;
  std::vector<std::string> connected_;
  int64_t scans_ = 0;
  std::atomic<int64_t> cost_ = 0;
  std::atomic<int> together_ = 0;
  std::atomic<int> together_max_ = 0;
  std::atomic<int> lists_ = 0;
  std::atomic<int> instance_wide_ = 0;
  FakePostgres fake_{nullptr};
  ScriptedServer server_;
  testing::TestHost host_;
};

}  // namespace pillion::postgres
