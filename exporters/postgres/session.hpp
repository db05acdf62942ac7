// Session: what is known about the present session with the server, and what a run sends in it.
#pragma once

#include <pillion/poll.hpp>

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "collecting.hpp"
#include "extensions.hpp"
#include "nap.hpp"
#include "pipeline.hpp"
#include "queries.hpp"
#include "readers.hpp"

namespace pillion::postgres {

// For a setting of the server: at least 1.
std::string InMilliseconds(std::chrono::nanoseconds duration);

// What of the options goes into statements.
struct Wanted {
  Shape shape;
  size_t statements_shown = 0;
  size_t statement_text = 0;  // characters
};

// The settings of a transaction that has a statement_timeout of its own.
struct OwnTimeout {
  std::string milliseconds;
  std::array<const char*, 2> parameters;
  Statement setting;
};

// What one run sends, with the texts that its steps point to.
struct Plan {
  std::vector<Step> steps;
  std::vector<Collecting::Expected> expected;  // one per step
  std::string setting_sql;
  std::string backend;
  std::array<const char*, 3> setting_parameters;
  Statement setting;
  std::deque<OwnTimeout> own_timeouts;  // none moves when another one is added
};

class Session {
 public:
  explicit Session(const Wanted& wanted);

  struct Bounds {
    std::string statement_timeout;  // both in milliseconds
    std::string lock_timeout;
  };
  // When another session begins. `server`: host:port.
  void Start(int major, std::string server, std::string database, Bounds bounds);
  void SetBounds(Bounds bounds) { bounds_ = std::move(bounds); }
  // A pooler stands before the server: nothing that is sent outlives its transaction.
  void SetPooled();

  bool pooled() const { return pooled_; }
  // Whether its first run is still to come. It says so once.
  bool TakeFresh() { return std::exchange(fresh_, false); }
  Extensions& extensions() { return extensions_; }
  Nap& nap() { return nap_; }

  // What to ask for the collector; null: this server, or its extension, has nothing to say.
  const Query* QueryOf(uint32_t collector) const;
  // Whether the collector reads an extension that is not known to be there.
  bool LacksExtension(uint32_t collector) const;
  // Why there is nothing to ask although the collector is on; nothing: that is as it should be.
  std::optional<Error> WhyNothing(uint32_t collector, const std::string& database) const;

  // Each adds a step. `fresh`: in the session's first run nothing is prepared.
  void PlanSession(int backend, bool fresh, Plan& plan) const;
  void PlanPrivilege(bool fresh, Plan& plan);
  void PlanDatabases(bool fresh, Plan& plan);
  void PlanExtensions(Plan& plan) const;
  // One that is alone has a transaction of its own, and so has one with a time-out of its own.
  void PlanCollector(const Query& query, bool fresh, bool alone, std::chrono::nanoseconds timeout,
                     Plan& plan);
  bool IsAlone(uint32_t collector, bool fresh) const {
    return fresh || pooled_ || !quick_[collector];
  }

  // Before and after the runs of a poll. False: the server has lost what was prepared, or holds
  // what no longer fits: a new session is needed.
  void PollBegins();
  bool PollEnded(const PollContext& ctx, const Collecting& collecting);

 private:
  // One per collector, then the privilege and the list of databases.
  static constexpr uint32_t kPrivilegeSlot = kCollectorCount;
  static constexpr uint32_t kDatabasesSlot = kCollectorCount + 1;
  using Prepared = std::array<bool, kCollectorCount + 2>;

  void Keep(Plan& plan, uint32_t slot, bool fresh);
  const Statement* SettingWith(std::chrono::nanoseconds timeout, Plan& plan) const;

  const std::string include_;  // both lists as array literals
  const std::string exclude_;
  const std::string ranks_;
  const std::string text_;
  const std::array<const char*, 4> parameters_;
  const std::string transaction_sql_ = TransactionSql();
  Shape shape_;
  Readers readers_;
  Extensions extensions_;
  Nap nap_;
  int major_ = 0;
  std::array<const Query*, kCollectorCount> queries_{};  // for it; without an extension's version
  Bounds bounds_;
  bool fresh_ = false;
  bool pooled_ = false;
  Prepared prepared_{};
  Prepared prepared_before_{};
  std::array<bool, kCollectorCount> quick_{};     // quick and well at its last poll
  std::array<std::string, kCollectorCount> sql_;  // of collectors with an extension
};

}  // namespace pillion::postgres
