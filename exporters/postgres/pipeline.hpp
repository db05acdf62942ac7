// RunPipeline: several statements in one round trip, in one or more transactions.
//
// All statements are sent at once in libpq's pipeline mode, and the answers are read as they come
// while the rest is still being sent. A Sync ends a transaction: there the server sends what it
// has to say, and an error goes no further. Nothing blocks; all waiting is in
// PollContext::Wait. Memory is bounded: a server (or what pretends to be one) can't make libpq
// buffer more than kBytesBetweenResultsMax. What is counted are the pieces that the connection
// hands to libpq, so that the bound holds to within one of them.
#pragma once

#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <cstddef>
#include <span>

#include "common/pq/connection.hpp"
#include "nap.hpp"

namespace pillion::postgres {

inline constexpr size_t kBytesBetweenResultsMax = 16 * 1024 * 1024;
inline constexpr size_t kRowsPerStepMax = 1'000'000;

struct Statement {
  const char* sql = nullptr;
  std::span<const char* const> parameters = {};  // text form
  bool text = false;                             // rows in text form; else binary
};

// All that it points to must outlive the run.
struct Step {
  Statement main;
  bool row_by_row = false;
  // A statement that runs before it in the same transaction; its rows are thrown away.
  const Statement* before = nullptr;
  // The name to prepare the main statement under, so that the server parses and plans it once per
  // session; null: not prepared. `*is_prepared` says whether this session has it already; it is
  // set when it has, and cleared when the server turns out to have lost it or to need another
  // plan for it: open a new session then.
  const char* name = nullptr;
  bool* is_prepared = nullptr;
  // It is prepared under `name` and not run: OnRows is given its columns, without rows.
  bool only_prepared = false;
  // Whether a Sync stands behind it. The last step has one in any case.
  bool sync = true;
};

// Told of each step in order: any number of OnRows, then OnDone once, or OnSkipped alone.
class StepHandler {
 public:
  virtual ~StepHandler() = default;
  // Rows in the statement's form; the result is valid for the call. A failure makes the step fail;
  // its other rows are then thrown away.
  virtual Result<void> OnRows(size_t step, const PGresult* rows) = 0;
  virtual void OnDone(size_t step, const Result<void>& outcome) = 0;
  // The server did not run it: a step before it in the same transaction has failed.
  virtual void OnSkipped(size_t step) = 0;
};

// Runs the steps on an open connection with nothing in flight. A failed Result means that the
// session is of no use any more: kTimeout when `until` passed or the poll was interrupted,
// kRefused when the server went away, kProtocol when it did not speak PostgreSQL's protocol.
// `nap`: of runs like this one on the connection; null: it reads what comes at once.
Result<void> RunPipeline(const PollContext& ctx, Connection& connection,
                         std::span<const Step> steps, MonoTime until, StepHandler& handler,
                         Nap* nap = nullptr);

}  // namespace pillion::postgres
