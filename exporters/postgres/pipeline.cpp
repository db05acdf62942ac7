#include "pipeline.hpp"

#include <memory>
#include <string>

#include "failure.hpp"
#include "socket.hpp"

namespace pillion::postgres {
namespace {

constexpr int kBinary = 1;

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
  Run(const PollContext& ctx, PGconn* session, std::span<const Step> steps, StepHandler& handler)
      : ctx_(ctx), session_(session), steps_(steps), handler_(handler) {}

  Result<void> Send() {
    for (const Step& step : steps_) {
      if (!SendStep(step) || PQpipelineSync(session_) != 1) return Lost();
    }
    return {};
  }

  Result<void> Read(MonoTime until) {
    StartStep();
    while (step_ < steps_.size()) {
      const int unsent = PQflush(session_);
      if (unsent < 0) return Lost();
      if (auto taken = TakeResults(); !taken.ok()) return taken;
      if (step_ == steps_.size()) break;
      uint32_t events = PILLION_READABLE;
      if (unsent > 0) events |= PILLION_WRITABLE;
      const auto ready = ctx_.Wait(PQsocket(session_), events, until);
      if (!ready) return ready.error();
      if ((*ready & PILLION_READABLE) == 0) continue;
      if (auto received = Receive(); !received.ok()) return received;
    }
    return {};
  }

 private:
  static bool MustPrepare(const Step& step) { return step.name != nullptr && !*step.is_prepared; }

  bool SendQuery(const Statement& s) {
    return PQsendQueryParams(session_, s.sql, static_cast<int>(s.parameters.size()), nullptr,
                             s.parameters.data(), nullptr, nullptr, kBinary) == 1;
  }

  bool SendStep(const Step& step) {
    if (step.before != nullptr && !SendQuery(*step.before)) return false;
    if (step.name == nullptr) return SendQuery(step.main);
    if (MustPrepare(step) && PQsendPrepare(session_, step.name, step.main.sql, 0, nullptr) != 1) {
      return false;
    }
    const auto& parameters = step.main.parameters;
    return PQsendQueryPrepared(session_, step.name, static_cast<int>(parameters.size()),
                               parameters.data(), nullptr, nullptr, kBinary) == 1;
  }

  void StartStep() {
    outcome_ = {};
    answered_ = false;
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

  // The end of what answers one statement; a Sync stands behind the last one.
  void EndAnswer() {
    if (leading_ == 0) return;
    --leading_;
    StartAnswer();
  }

  Result<void> Receive() {
    since_result_ += WaitingBytes(PQsocket(session_));
    if (since_result_ > kBytesBetweenResultsMax) {
      return Error{Reason::kLimit, "the server sent " +
                                       std::to_string(kBytesBetweenResultsMax >> 20) +
                                       " MiB and no end of a result"};
    }
    closed_ = IsClosedByPeer(PQsocket(session_));
    if (PQconsumeInput(session_) != 1) return Lost();
    return {};
  }

  // Takes what has arrived completely.
  Result<void> TakeResults() {
    bool ended = false;  // an end of results must be followed by something else
    while (step_ < steps_.size() && PQisBusy(session_) == 0) {
      const ResultHandle result(PQgetResult(session_));
      if (!result) {
        if (ended) return Error{Reason::kProtocol, "the server ended a result twice"};
        ended = true;
        EndAnswer();
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
        if (leading_ != 1 || !MustPrepare(steps_[step_])) return Unexpected(result);
        *steps_[step_].is_prepared = true;
        return {};
      case PGRES_PIPELINE_ABORTED:  // behind an error in the same step
        if (outcome_.ok()) return Unexpected(result);
        return {};
      case PGRES_PIPELINE_SYNC:
        if (!answered_) return Error{Reason::kProtocol, "the server left a statement unanswered"};
        handler_.OnDone(step_, outcome_);
        ++step_;
        StartStep();
        return {};
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
    if (sqlstate.empty()) return Broken();
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
    return {};
  }

  // Reading or writing failed: the other side is gone.
  Error Lost() const { return {Reason::kRefused, OneLine(PQerrorMessage(session_))}; }

  // libpq could make nothing of what came, unless what came was the end.
  Error Broken() const {
    return {closed_ ? Reason::kRefused : Reason::kProtocol, OneLine(PQerrorMessage(session_))};
  }

  const PollContext& ctx_;
  PGconn* const session_;
  const std::span<const Step> steps_;
  StepHandler& handler_;

  size_t step_ = 0;  // whose results are being read
  Result<void> outcome_;
  int leading_ = 0;  // answers to come before the one to the main statement
  bool answered_ = false;
  size_t rows_ = 0;
  size_t since_result_ = 0;
  bool closed_ = false;
};

}  // namespace

Result<void> RunPipeline(const PollContext& ctx, PGconn* session, std::span<const Step> steps,
                         MonoTime until, StepHandler& handler) {
  Run run(ctx, session, steps, handler);
  if (auto sent = run.Send(); !sent.ok()) return sent;
  return run.Read(until);
}

}  // namespace pillion::postgres
