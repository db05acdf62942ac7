#include "console.hpp"

#include "common/pq/connect_error.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace pillion::pgbouncer {
namespace {

constexpr std::string_view kConsole = "pgbouncer";

std::string_view Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? std::string_view{} : text;
}

}  // namespace

Result<postgres::Target> Console::ParseTarget(std::string_view dsn, std::string_view user) {
  auto target = postgres::ParseTarget(dsn, user);
  if (!target) return target;
  const bool named = std::any_of(target->parameters.begin(), target->parameters.end(),
                                 [](const auto& parameter) { return parameter.first == "dbname"; });
  if (!named) target->parameters.emplace_back("dbname", kConsole);
  return target;
}

Result<void> Console::Open(const PollContext& ctx, const postgres::Target& target,
                           const SecretText& password, MonoTime until) {
  auto opened = connection_.Open(ctx, target, password, until);
  if (opened.ok() || opened.error().message.find("not allowed") == std::string::npos) return opened;
  return Error{Reason::kPermission,
               opened.error().message + "; stats_users in pgbouncer.ini must name the user"};
}

Result<Console::Asked> Console::Ask(const PollContext& ctx, const char* command, MonoTime until) {
  PGconn* const session = connection_.handle();
  if (PQsendQuery(session, command) != 1) {
    return Error{Reason::kRefused, postgres::OneLine(PQerrorMessage(session))};
  }
  Asked asked;
  size_t received = 0;
  while (true) {
    const auto came = connection_.Exchange(ctx, until);
    if (!came) return came.error();
    received += *came;
    if (received > kAnswerBytesMax) {
      return Error{Reason::kLimit,
                   "more than 64 MiB came as the answer to " + std::string(command)};
    }
    const auto ended = TakeResult(asked);
    if (!ended) return ended.error();
    if (!*ended) continue;
    if (asked.outcome.ok() && asked.answer.empty()) {
      return Error{Reason::kProtocol, "what the console answered is no answer"};
    }
    return asked;
  }
}

// True: the answer is complete.
Result<bool> Console::TakeResult(Asked& asked) {
  PGconn* const session = connection_.handle();
  while (PQisBusy(session) == 0) {
    PGresult* const result = PQgetResult(session);
    if (result == nullptr) return true;
    Answer answer(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK) {
      asked.answer = std::move(answer);
      continue;
    }
    const std::string_view sqlstate = Field(result, PG_DIAG_SQLSTATE);
    const std::string_view severity = Field(result, PG_DIAG_SEVERITY);
    const std::string message = postgres::OneLine(PQresultErrorMessage(result));
    if (status != PGRES_FATAL_ERROR) {
      return Error{Reason::kProtocol, "the console answered without rows"};
    }
    if (severity == "FATAL") return Error{postgres::ConnectReason(sqlstate), message};
    if (sqlstate.empty()) return Error{Reason::kProtocol, message};
    // The console has one SQLSTATE for all: what it refuses it does not know, or not from us.
    asked.outcome = Error{
        message.find("denied") != message.npos ? Reason::kPermission : Reason::kVersion, message};
  }
  return false;
}

}  // namespace pillion::pgbouncer
