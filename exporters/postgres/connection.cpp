#include "connection.hpp"

#include <vector>

#include "failure.hpp"
#include "socket.hpp"

namespace pillion::postgres {
namespace {

std::string Text(const char* text) { return text == nullptr ? "" : text; }

void IgnoreNotice(void*, const PGresult*) {}

// "host:port", for messages. Never anything else of the connection string.
std::string NameOf(const Endpoint& endpoint) {
  std::string name = endpoint.host.empty() ? endpoint.address : endpoint.host;
  if (name.empty()) name = "the default socket";
  if (!endpoint.port.empty()) name += ":" + endpoint.port;
  return name;
}

// Every address of every name. Names that can't be resolved are left out unless nothing is left.
Result<std::vector<Endpoint>> Expand(const PollContext& ctx, const Target& target) {
  std::vector<Endpoint> all;
  Error failure{Reason::kDns, "no host has an address"};
  for (const Endpoint& endpoint : target.endpoints) {
    if (endpoint.IsSocket() || !endpoint.address.empty()) {
      all.push_back(endpoint);
      continue;
    }
    auto addresses = ctx.Resolve(endpoint.host);
    if (!addresses) {
      failure = addresses.error();
      continue;
    }
    for (std::string& address : *addresses) {
      all.push_back({endpoint.host, std::move(address), endpoint.port});
    }
  }
  if (all.empty()) return failure;
  return all;
}

// `heard` says whether the other side spoke, `closed` whether it was seen to hang up.
Error ConnectError(PGconn* handle, const Endpoint& endpoint, bool heard, bool closed) {
  const std::string_view message = PQerrorMessage(handle);
  const std::string_view sqlstate = FindSqlstate(message);
  // When the end comes right behind the last words, only libpq sees it.
  closed = closed || message.find("server closed the connection") != std::string_view::npos;
  Reason reason = heard && !closed ? Reason::kProtocol : Reason::kRefused;
  if (!sqlstate.empty()) {
    reason = ConnectReason(sqlstate);
  } else if (PQconnectionNeedsPassword(handle)) {
    reason = Reason::kAuth;
  }
  return {reason, "connecting to " + NameOf(endpoint) + ": " + OneLine(message)};
}

}  // namespace

void Connection::Closer::operator()(PGconn* handle) const {
  // Says goodbye if a session was reached, which cannot block: the socket is non-blocking, and
  // from then on libpq was told so. A backend in the middle of our pipeline ends when it finds
  // that nobody takes its answers, at the latest at the statement's time limit.
  PQfinish(handle);
}

int Connection::major() const { return PQserverVersion(handle_.get()) / 10000; }

std::string Connection::version() const {
  return Text(PQparameterStatus(handle_.get(), "server_version"));
}

std::string Connection::role() const { return Text(PQuser(handle_.get())); }

std::string Connection::database() const { return Text(PQdb(handle_.get())); }

Result<void> Connection::Open(const PollContext& ctx, const Target& target,
                              const SecretText& password, MonoTime until) {
  Close();
  auto endpoints = Expand(ctx, target);
  if (!endpoints) return endpoints.error();
  Result<void> outcome;
  for (size_t i = 0; i < endpoints->size(); ++i) {
    const MonoTime now = ctx.Now();
    const auto share = (until - now) / static_cast<int64_t>(endpoints->size() - i);
    outcome = Try(ctx, target, (*endpoints)[i], password, now + share);
    if (outcome.ok() || outcome.error().reason == Reason::kAuth) break;
    if (ctx.Now() >= until) break;
  }
  if (!outcome.ok()) Close();
  return outcome;
}

Result<void> Connection::Try(const PollContext& ctx, const Target& target, const Endpoint& endpoint,
                             const SecretText& password, MonoTime until) {
  const auto parameters = ParametersFor(target, endpoint);
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : parameters) {
    if (key == "password" && !password.empty()) continue;
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  if (!password.empty()) {
    keys.push_back("password");
    values.push_back(password.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  handle_.reset(PQconnectStartParams(keys.data(), values.data(), 0));
  if (!handle_) return Error{Reason::kInternal, "libpq is out of memory"};
  PGconn* const handle = handle_.get();
  PQsetNoticeReceiver(handle, &IgnoreNotice, nullptr);
  PQsetErrorVerbosity(handle, PQERRORS_VERBOSE);  // the only way to an SQLSTATE

  bool heard = false;
  bool closed = false;
  size_t received = 0;
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  if (PQstatus(handle) == CONNECTION_BAD) status = PGRES_POLLING_FAILED;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) return ConnectError(handle, endpoint, heard, closed);
    const bool reading = status == PGRES_POLLING_READING;
    const int fd = PQsocket(handle);
    const auto ready = ctx.Wait(fd, reading ? PILLION_READABLE : PILLION_WRITABLE, until);
    if (!ready) {
      return Error{ready.error().reason,
                   "connecting to " + NameOf(endpoint) + ": " + ready.error().message};
    }
    if (reading) {
      received += WaitingBytes(fd);
      if (received > kGreetingBytesMax) {
        return Error{Reason::kProtocol, "connecting to " + NameOf(endpoint) +
                                            ": more than 256 KiB came before the session began"};
      }
      closed = IsClosedByPeer(fd);
      heard = heard || !closed;
    }
    status = PQconnectPoll(handle);
  }
  PQsetErrorVerbosity(handle, PQERRORS_DEFAULT);
  BoundWaitingBytes(PQsocket(handle), kWaitingBytesMax);
  if (PQsetnonblocking(handle, 1) != 0 || PQenterPipelineMode(handle) != 1) {
    return Error{Reason::kInternal, "libpq: " + OneLine(PQerrorMessage(handle))};
  }
  return {};
}

}  // namespace pillion::postgres
