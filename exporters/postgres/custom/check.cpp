// What a server has to say about the queries before any of them is run.
#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "custom.hpp"
#include "rows.hpp"

namespace pillion::postgres {
namespace {

// Keeps what became of each step.
class CheckHandler : public StepHandler {
 public:
  struct Found {
    const CustomQuery* query;
    std::string wrong = {};  // nothing
  };

  CheckHandler(int server, std::vector<Found>& found) : server_(server), found_(found) {}

  Result<void> OnRows(size_t step, const PGresult* columns) override {
    found_[step].wrong = WrongColumns(*found_[step].query, columns, server_);
    return {};
  }
  void OnDone(size_t step, const Result<void>& outcome) override {
    if (!outcome.ok()) found_[step].wrong = outcome.error().message;
  }
  void OnSkipped(size_t) override {}

 private:
  const int server_;
  std::vector<Found>& found_;
};

}  // namespace

Result<void> CustomQueries::Check(const PollContext& ctx, Connection& connection, MonoTime until) {
  if (entries_.empty()) {
    connection.Close();
    return {};
  }
  StartSession();
  Server known;
  const Session session{.connection = connection, .server = known, .prepares = true};
  if (auto asked = AskServer(ctx, session, until); !asked.ok()) return asked;
  const std::string database = connection.database();
  const int server = PQserverVersion(connection.handle());
  std::vector<Entry*> chosen;
  std::vector<CheckHandler::Found> found;
  std::vector<Step> steps;
  std::deque<Settings> settings;
  for (Entry& entry : entries_) {
    if (!entry.query.versions.Has(server)) continue;
    // What it reads may be in the others alone.
    const bool is_here = IsIn(entry, nullptr, true) || IsIn(entry, &database, true);
    if (!is_here) continue;
    Settings& s = settings.emplace_back();
    FillSettings(options_.Duration("statement_timeout"), known, s);
    steps.push_back({.main = {.sql = entry.query.sql.c_str(), .text = true},
                     .before = &s.statement,
                     .name = entry.statement_name.c_str(),
                     .is_prepared = &entry.prepared,
                     .only_prepared = true});
    chosen.push_back(&entry);
    found.push_back({&entry.query});
  }
  CheckHandler handler(server, found);
  Result<void> ran;
  if (!steps.empty()) ran = RunPipeline(ctx, connection, steps, until, handler);
  connection.Close();
  StartSession();
  if (!ran.ok()) return ran;
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (found[i].wrong.empty()) continue;
    const Entry& entry = *chosen[i];
    if (entry.record) {
      entry.record->Refuse("sql", entry.query.name + ": " + found[i].wrong);
    } else {
      options_.Refuse("queries_file",
                      entry.query.place + ": " + entry.query.name + ": " + found[i].wrong);
    }
  }
  return {};
}

}  // namespace pillion::postgres
