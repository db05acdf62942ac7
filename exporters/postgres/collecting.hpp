// Collecting: gives the answers of one run of the pipeline to the sink, collector by collector.
#pragma once

#include <pillion/sink.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "collectors.hpp"
#include "databases/list.hpp"
#include "extensions.hpp"
#include "pipeline.hpp"
#include "reader.hpp"

namespace pillion::postgres {

class Collecting : public StepHandler {
 public:
  // What a step of the pipeline is for.
  enum class Purpose { kSession, kPrivilege, kDatabases, kExtensions, kCollector };
  struct Expected {
    Purpose purpose;
    uint32_t collector = 0;
    const CollectorTraits* traits = nullptr;  // of a collector
    Reader* reader = nullptr;                 // of a collector, ready for the run
    bool sync = true;                         // as in the step
  };

  // A transaction that takes longer is not quick.
  static constexpr std::chrono::milliseconds kQuickMax{5};

  // `role` is named in messages about missing privileges. `per_database`: where the collectors that
  // are kPerDatabase go; null: to `sink` as well.
  Collecting(const PollContext& ctx, Sink& sink, Sink* per_database, Extensions& extensions,
             std::string role)
      : ctx_(ctx),
        sink_(sink),
        per_database_(per_database),
        extensions_(extensions),
        role_(std::move(role)) {}

  // Where the list of databases goes. REQUIRES: before a run that asks for it
  void SetDatabases(DatabaseList& databases) { databases_ = &databases; }

  // Says what the steps of the run that begins now will be. kPrivilege goes before the collectors
  // that need it.
  void Expect(std::vector<Expected> expected);

  Result<void> OnRows(size_t step, const PGresult* rows) override;
  void OnDone(size_t step, const Result<void>& outcome) override;
  void OnSkipped(size_t step) override;

  // Ends the collector that was being read when the session broke, and fails those that have no
  // answer.
  void EndTheRest(const Error& error);
  // A collector that has no statement: begins and ends it.
  void Fail(uint32_t collector, const Error& error);

  const std::string& role() const { return role_; }
  // How preparing the session ended.
  const Result<void>& session() const { return session_; }
  // Whether another backend answered than the one that greeted us.
  bool pooled() const { return pooled_; }
  size_t succeeded() const { return succeeded_; }
  // Collectors that were skipped in this run.
  const std::vector<uint32_t>& skipped() const { return skipped_; }
  // Whether the collector's statement did well, in a transaction that was quick.
  bool WasQuick(uint32_t collector) const { return collector < quick_.size() && quick_[collector]; }
  // Whether anything was given to the sink.
  bool started() const { return started_; }
  // Whether a collector found its extension gone or changed.
  bool extensions_changed() const { return extensions_changed_; }
  // Collectors with values that this role may not see, and how many.
  struct Hidden {
    uint32_t collector;
    const CollectorTraits* traits;
    size_t values;
  };
  const std::vector<Hidden>& hidden() const { return hidden_; }

 private:
  Sink& SinkOf(uint32_t collector) {
    const bool apart = per_database_ != nullptr && (kTraits[collector].needs & kPerDatabase);
    return apart ? *per_database_ : sink_;
  }
  void Begin(uint32_t collector);
  void End(const Result<void>& outcome, const CollectorTraits* traits);
  void BeginNext();
  void EndTransaction();

  const PollContext& ctx_;
  Sink& sink_;
  Sink* const per_database_;
  Extensions& extensions_;
  DatabaseList* databases_ = nullptr;
  const std::string role_;
  std::vector<Expected> expected_;
  Result<void> session_;
  std::vector<uint32_t> skipped_;
  std::vector<bool> quick_;  // by collector
  MonoTime transaction_began_{};
  size_t transaction_ = 0;  // the first step of the one that is being read
  size_t next_ = 0;
  uint32_t begun_ = 0;  // the collector that is open
  size_t succeeded_ = 0;
  std::vector<Hidden> hidden_;
  bool extensions_changed_ = false;
  bool in_collector_ = false;
  bool started_ = false;
  bool reads_all_stats_ = false;
  bool pooled_ = false;
  bool databases_begun_ = false;
};

}  // namespace pillion::postgres
