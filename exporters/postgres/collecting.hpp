// Collecting: gives the answers of one run of the pipeline to the sink, collector by collector.
#pragma once

#include <pillion/sink.hpp>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "pipeline.hpp"
#include "rows.hpp"

namespace pillion::postgres {

class Collecting : public StepHandler {
 public:
  // What a step of the pipeline is for.
  enum class Purpose { kSession, kPrivilege, kCollector };
  struct Expected {
    Purpose purpose;
    const Query* query;  // of a collector
    bool sync = true;    // as in the step
  };

  // A transaction that takes longer is not quick.
  static constexpr std::chrono::milliseconds kQuickMax{5};

  // `role` is named in messages about missing privileges.
  Collecting(const PollContext& ctx, Sink& sink, RowReaders& readers, std::string role)
      : ctx_(ctx), sink_(sink), readers_(readers), role_(std::move(role)) {}

  // Says what the steps of the run that begins now will be. kPrivilege goes before the collectors
  // that need it.
  void Expect(std::vector<Expected> expected);

  Result<void> OnRows(size_t step, const PGresult* rows) override;
  void OnDone(size_t step, const Result<void>& outcome) override;
  void OnSkipped(size_t step) override;

  // Ends the collector that was being read when the session broke, and fails those that have no
  // answer.
  void EndTheRest(const Error& error);

  const std::string& role() const { return role_; }
  // How preparing the session ended.
  const Result<void>& session() const { return session_; }
  // Whether another backend answered than the one that greeted us.
  bool pooled() const { return pooled_; }
  size_t succeeded() const { return succeeded_; }
  // Collectors that were skipped in this run.
  const std::vector<CollectorId>& skipped() const { return skipped_; }
  // Whether the collector's statement did well, in a transaction that was quick.
  bool WasQuick(CollectorId collector) const { return quick_[collector]; }
  // Whether anything was given to the sink.
  bool started() const { return started_; }
  // Databases whose size is not shown to this role (or that vanished meanwhile).
  size_t hidden_sizes() const { return hidden_sizes_; }

 private:
  void Begin(CollectorId collector);
  void End(const Result<void>& outcome);
  void BeginNext();
  void EndTransaction();

  const PollContext& ctx_;
  Sink& sink_;
  RowReaders& readers_;
  const std::string role_;
  std::vector<Expected> expected_;
  Result<void> session_;
  RowReader* reader_ = nullptr;  // of the collector that is being read; null: no rows yet
  std::vector<CollectorId> skipped_;
  std::array<bool, kCollectorCount> quick_{};
  MonoTime transaction_began_{};
  size_t transaction_ = 0;  // the first step of the one that is being read
  size_t next_ = 0;
  size_t succeeded_ = 0;
  size_t hidden_sizes_ = 0;
  bool in_collector_ = false;
  bool started_ = false;
  bool reads_all_stats_ = false;
  bool pooled_ = false;
};

}  // namespace pillion::postgres
