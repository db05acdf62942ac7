#include "pipeline.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "failure.hpp"

namespace pillion::postgres {
namespace {

int FormatOf(const Statement& s) { return s.text ? 0 : 1; }

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, ResultCloser>;

std::string_view Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? std::string_view{} : text;
}

class Run {
 public:
  Run(const PollContext& ctx, Connection& connection, std::span<const Step> steps,
      StepHandler& handler)
      : ctx_(ctx),
        connection_(connection),
        session_(connection.handle()),
        steps_(steps),
        handler_(handler) {}

  Result<void> Write() {
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (!SendStep(steps_[i]) || (HasSync(i) && PQpipelineSync(session_) != 1)) {
        return Error{Reason::kRefused, OneLine(PQerrorMessage(session_))};
      }
    }
    return {};
  }

  // Sends all and sleeps. What does not go out at once goes while answers are read, without sleep.
  Result<void> Doze(MonoTime until, const Nap& nap) {
    const auto left = connection_.Send();
    if (!left) return left.error();
    const MonoTime length = nap.Length();
    if (*left || length.count() == 0) return {};
    // An interruption and the deadline show in the next wait as well.
    (void)ctx_.Wait(-1, 0, std::min(until, ctx_.Now() + length));
    return {};
  }

  size_t answer_bytes() const { return answer_bytes_; }

  Result<void> Read(MonoTime until) {
    StartStep();
    while (step_ < steps_.size()) {
      if (auto received = Receive(until); !received.ok()) return received;
      if (auto taken = TakeResults(); !taken.ok()) return taken;
    }
    return {};
  }

 private:
  static bool MustPrepare(const Step& step) { return step.name != nullptr && !*step.is_prepared; }

  bool HasSync(size_t step) const { return steps_[step].sync || step + 1 == steps_.size(); }

  bool SendQuery(const Statement& s) {
    return PQsendQueryParams(session_, s.sql, static_cast<int>(s.parameters.size()), nullptr,
                             s.parameters.data(), nullptr, nullptr, FormatOf(s)) == 1;
  }

  bool SendStep(const Step& step) {
    if (step.before != nullptr && !SendQuery(*step.before)) return false;
    if (step.name == nullptr) return SendQuery(step.main);
    if (MustPrepare(step) && PQsendPrepare(session_, step.name, step.main.sql, 0, nullptr) != 1) {
      return false;
    }
    if (step.only_prepared) return PQsendDescribePrepared(session_, step.name) == 1;
    const auto& parameters = step.main.parameters;
    return PQsendQueryPrepared(session_, step.name, static_cast<int>(parameters.size()),
                               parameters.data(), nullptr, nullptr, FormatOf(step.main)) == 1;
  }

  void StartStep() {
    outcome_ = {};
    answered_ = skipped_ = false;
    rows_ = 0;
    if (step_ == steps_.size()) return;
    const Step& step = steps_[step_];
    leading_ = (step.before != nullptr ? 1 : 0) + (MustPrepare(step) ? 1 : 0);
    StartAnswer();
  }

  // Row by row has to be asked for when the answer's turn to be read has come, and not before.
  void StartAnswer() {
    if (leading_ == 0 && steps_[step_].row_by_row) PQsetSingleRowMode(session_);
  }

  // The end of what answers one statement. Behind a step's last one a Sync may stand.
  Result<void> EndAnswer() {
    if (leading_ == 0) return HasSync(step_) ? Result<void>() : EndStep();
    --leading_;
    StartAnswer();
    return {};
  }

  Result<void> EndStep() {
    if (!answered_) return Error{Reason::kProtocol, "the server left a statement unanswered"};
    if (skipped_) {
      handler_.OnSkipped(step_);
    } else {
      handler_.OnDone(step_, outcome_);
    }
    ++step_;
    StartStep();
    return {};
  }

  Result<void> Receive(MonoTime until) {
    const auto received = connection_.Exchange(ctx_, until);
    if (!received) return received.error();
    since_result_ += *received;
    answer_bytes_ += *received;
    if (since_result_ <= kBytesBetweenResultsMax) return {};
    return Error{Reason::kLimit, "the server sent " +
                                     std::to_string(kBytesBetweenResultsMax >> 20) +
                                     " MiB and no end of a result"};
  }

  // Takes what has arrived completely.
  Result<void> TakeResults() {
    bool ended = false;  // an end of results must be followed by something else
    while (step_ < steps_.size() && PQisBusy(session_) == 0) {
      const ResultHandle result(PQgetResult(session_));
      if (!result) {
        if (ended) return Error{Reason::kProtocol, "the server ended a result twice"};
        ended = true;
        if (auto went = EndAnswer(); !went.ok()) return went;
        continue;
      }
      ended = false;
      since_result_ = 0;
      if (auto taken = Take(result.get()); !taken.ok()) return taken;
    }
    return {};
  }

  Result<void> Take(const PGresult* result) {
    switch (PQresultStatus(result)) {
      case PGRES_SINGLE_TUPLE:
      case PGRES_TUPLES_OK:
        if (leading_ > 0) return {};
        answered_ = true;
        TakeRows(result);
        return {};
      case PGRES_COMMAND_OK:
        if (leading_ == 1 && MustPrepare(steps_[step_])) {
          *steps_[step_].is_prepared = true;
          return {};
        }
        if (leading_ > 0) return Unexpected(result);
        answered_ = true;
        if (steps_[step_].only_prepared) {
          TakeRows(result);
          return {};
        }
        if (outcome_.ok()) outcome_ = Error{Reason::kProtocol, "the statement gives no rows"};
        return {};
      case PGRES_PIPELINE_ABORTED:  // behind an error in the same transaction
        if (!aborted_) return Unexpected(result);
        if (outcome_.ok()) answered_ = skipped_ = true;
        return {};
      case PGRES_PIPELINE_SYNC:
        if (!HasSync(step_)) return Unexpected(result);
        aborted_ = false;
        return EndStep();
      case PGRES_FATAL_ERROR: answered_ = true; return TakeError(result);
      default: return Unexpected(result);
    }
  }

  static Error Unexpected(const PGresult* result) {
    return {Reason::kProtocol, std::string("the server answered a SELECT with ") +
                                   PQresStatus(PQresultStatus(result))};
  }

  void TakeRows(const PGresult* result) {
    rows_ += static_cast<size_t>(PQntuples(result));
    if (!outcome_.ok()) return;
    if (rows_ > kRowsPerStepMax) {
      outcome_ = Error{Reason::kLimit,
                       "more than " + std::to_string(kRowsPerStepMax) + " rows in one result"};
      return;
    }
    outcome_ = handler_.OnRows(step_, result);
  }

  // An error of the statement, unless it ends the session.
  Result<void> TakeError(const PGresult* result) {
    const std::string_view sqlstate = Field(result, PG_DIAG_SQLSTATE);
    // libpq could make nothing of what came.
    if (sqlstate.empty()) return Error{Reason::kProtocol, OneLine(PQerrorMessage(session_))};
    const std::string_view severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    Error error{StatementReason(sqlstate),
                std::string(sqlstate) + ": " + OneLine(Field(result, PG_DIAG_MESSAGE_PRIMARY))};
    if (severity == "FATAL" || severity == "PANIC" || EndsSession(sqlstate)) {
      error.reason = EndsSession(sqlstate) ? Reason::kRefused : error.reason;
      return error;
    }
    const Step& step = steps_[step_];
    if (step.name != nullptr && IsAboutPrepared(sqlstate)) *step.is_prepared = false;
    if (outcome_.ok()) outcome_ = std::move(error);
    aborted_ = true;
    return {};
  }

  const PollContext& ctx_;
  Connection& connection_;
  PGconn* const session_;
  const std::span<const Step> steps_;
  StepHandler& handler_;

  size_t step_ = 0;  // whose results are being read
  Result<void> outcome_;
  int leading_ = 0;  // answers to come before the one to the main statement
  bool answered_ = false;
  bool skipped_ = false;
  bool aborted_ = false;  // an error has come, and no Sync since
  size_t rows_ = 0;
  size_t since_result_ = 0;  // bytes given to libpq since it made a result of them
  size_t answer_bytes_ = 0;
};

}  // namespace

Result<void> RunPipeline(const PollContext& ctx, Connection& connection,
                         std::span<const Step> steps, MonoTime until, StepHandler& handler,
                         Nap* nap) {
  Run run(ctx, connection, steps, handler);
  if (auto written = run.Write(); !written.ok()) return written;
  const MonoTime sent = ctx.Now();
  if (nap != nullptr) {
    if (auto slept = run.Doze(until, *nap); !slept.ok()) return slept;
  }
  auto read = run.Read(until);
  if (nap != nullptr) nap->Note(ctx.Now() - sent, run.answer_bytes());
  return read;
}

}  // namespace pillion::postgres
