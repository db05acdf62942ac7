// Collecting: gives the answers of one run of the pipeline to the sink, collector by collector.
#pragma once

#include <pillion/sink.hpp>

#include <string>
#include <vector>

#include "pipeline.hpp"
#include "rows.hpp"

namespace pillion::postgres {

class Collecting : public StepHandler {
 public:
  // What a step of the pipeline is for.
  enum class Purpose { kSession, kPrivilege, kCollector };

  // `role` is named in messages about missing privileges.
  Collecting(Sink& sink, RowReaders& readers, std::string role)
      : sink_(sink), readers_(readers), role_(std::move(role)) {}

  // Says what the next step will be; a collector's has its query. kPrivilege goes before the
  // collectors that need it.
  void Expect(Purpose purpose, const Query* query = nullptr) {
    expected_.push_back({purpose, query});
  }

  Result<void> OnRows(size_t step, const PGresult* rows) override;
  void OnDone(size_t step, const Result<void>& outcome) override;

  // Ends the collector that was being read when the session broke, and fails those behind it.
  void EndTheRest(const Error& error);

  const std::string& role() const { return role_; }
  // How preparing the session ended.
  const Result<void>& session() const { return session_; }
  // Whether another backend answered than the one that greeted us.
  bool pooled() const { return pooled_; }
  size_t succeeded() const { return succeeded_; }
  // Whether anything was given to the sink.
  bool started() const { return started_; }
  // Databases whose size is not shown to this role (or that vanished meanwhile).
  size_t hidden_sizes() const { return hidden_sizes_; }

 private:
  struct Expected {
    Purpose purpose;
    const Query* query;
  };

  void Begin(CollectorId collector);
  void End(const Result<void>& outcome);

  Sink& sink_;
  RowReaders& readers_;
  const std::string role_;
  std::vector<Expected> expected_;
  Result<void> session_;
  RowReader* reader_ = nullptr;  // of the collector that is being read; null: no rows yet
  size_t next_ = 0;
  size_t succeeded_ = 0;
  size_t hidden_sizes_ = 0;
  bool in_collector_ = false;
  bool started_ = false;
  bool reads_all_stats_ = false;
  bool pooled_ = false;
};

}  // namespace pillion::postgres
