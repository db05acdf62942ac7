// CustomQueries: the queries of the configuration and of a queries file, each a collector.
//
// They run behind everything else of a poll, in one round trip, each in a transaction of its own:
// what goes wrong with one costs that one. Threads: one at a time.
#pragma once

#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/result.hpp>
#include <pillion/sink.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "../pipeline.hpp"
#include "query.hpp"

namespace pillion::postgres {

class CustomQueries {
 public:
  // In create: refuses what cannot be used, and adds a collector for each query.
  explicit CustomQueries(const Options& options);

  // What is known of a session.
  struct Server {
    bool known = false;
    bool in_recovery = false;
    std::string search_path = {};  // the role's own
  };
  // A session to run queries in.
  struct Session {
    Connection& connection;  // open
    Server& server;
    bool prepares;  // what is prepared is kept until StartSession()
    // Null: queries for the database of the connection alone. Else those for several that are for
    // this one; `is_read`: the instance reads it.
    const std::string* database = nullptr;
    bool is_read = true;
  };

  // Whether the poll is to run any for the database of the connection alone.
  bool IsAnyDue(const PollContext& ctx) const;
  // The collectors of queries for several databases; `database`: that are for this one.
  std::vector<uint32_t> Several() const;
  std::vector<uint32_t> SeveralOf(const std::string& database, bool is_read) const;
  // How often the collector of a query runs by itself; 0: it does not.
  std::chrono::nanoseconds EveryOf(uint32_t collector) const;
  // Its name.
  std::string NameOf(uint32_t collector) const;
  // When another session begins, of those that prepare.
  void StartSession();

  // Runs what is due. A failure means that the session broke before any of their collectors was
  // begun. Closes the connection where it cannot be used any more.
  Result<void> Poll(const PollContext& ctx, Sink& sink, const Session& session, MonoTime until);
  // Prepares each query that is for this server, whether it is on or not, and refuses those that
  // cannot be. Leaves the connection closed.
  Result<void> Check(const PollContext& ctx, Connection& connection, MonoTime until);
  // Fails all for the database of the connection alone that are due and were not begun.
  void Fail(const PollContext& ctx, Sink& sink, const Error& error);

 private:
  struct Entry {
    CustomQuery query;
    std::optional<Record> record = std::nullopt;  // of the configuration; else it is of the file
    uint32_t collector = 0;
    std::string statement_name;
    bool prepared = false;   // in this session
    bool skip_told = false;  // that it is not for this server
    std::string left_out_told;
  };
  // What a step points to.
  struct Settings {
    std::string timeout;  // in milliseconds
    std::array<const char*, 3> parameters;
    Statement statement;
  };

  // Whether it runs in a session of this kind.
  static bool IsIn(const Entry& entry, const std::string* database, bool is_read);
  const Entry* Find(uint32_t collector) const;
  void FillSettings(std::chrono::nanoseconds timeout, const Server& server,
                    Settings& settings) const;
  void ReadFile();
  void AddCollectors();
  void WarnOfOwnFamilies(const CustomQuery& query);
  void RefuseLabels();
  Result<void> AskServer(const PollContext& ctx, const Session& session, MonoTime until);
  static bool IsFor(const Entry& entry, int version, const Server& server);
  static bool IsDue(const PollContext& ctx, const Entry& entry);
  Result<void> Run(const PollContext& ctx, Sink& sink, const Session& session, MonoTime until,
                   const std::vector<Entry*>& chosen);
  // What is not for this server ends well, with nothing.
  void EndSkipped(Sink& sink, const std::vector<Entry*>& skipped, int server);
  void TellLeftOut(Entry& entry, const std::string& what);
  std::chrono::nanoseconds TimeoutOf(const PollContext& ctx, const Entry& entry) const;

  const Options options_;
  std::deque<Entry> entries_;  // steps point into it
  std::string lock_timeout_;
};

}  // namespace pillion::postgres
