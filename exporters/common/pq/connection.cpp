#include "common/pq/connection.hpp"

#include <algorithm>
#include <vector>

#include "common/pq/connect_error.hpp"

namespace pillion::postgres {
namespace {

// libpq speaks first, and not only PostgreSQL then waits for more.
constexpr const char* kMute =
    " (it took the connection and said nothing: a stopped server, or not PostgreSQL)";

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

// `heard` says whether the other side spoke, `closed` whether it then hung up.
Error ConnectError(PGconn* handle, const Endpoint& endpoint, bool heard, bool closed) {
  const std::string_view message = PQerrorMessage(handle);
  const std::string_view sqlstate = FindSqlstate(message);
  Reason reason = heard && !closed ? Reason::kProtocol : Reason::kRefused;
  if (!sqlstate.empty()) {
    reason = ConnectReason(sqlstate);
  } else if (PQconnectionNeedsPassword(handle)) {
    reason = Reason::kAuth;
  }
  return {reason, "connecting to " + NameOf(endpoint) + ": " + OneLine(message)};
}

}  // namespace

void Connection::Close() {
  handle_.reset();
  relay_.Close();
}

void Connection::Leave(const PollContext& ctx, MonoTime until) {
  handle_.reset();  // says goodbye
  until = std::min<MonoTime>(until, ctx.Now() + kLeaveMax);
  // The little that there is to say is taken at once.
  bool waits = relay_.server() >= 0 && !relay_.Send();
  while (waits && !relay_.ended()) {
    waits = ctx.Wait(relay_.server(), PILLION_READABLE, until).ok();
    if (waits) relay_.Receive();
  }
  relay_.Close();
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

void Connection::Start(const Target& target, const Endpoint& endpoint, const SecretText& password) {
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
  Close();
  handle_.reset(PQconnectStartParams(keys.data(), values.data(), 0));
}

Result<void> Connection::Try(const PollContext& ctx, const Target& target, const Endpoint& endpoint,
                             const SecretText& password, MonoTime until) {
  Start(target, endpoint, password);
  if (!handle_) return Error{Reason::kInternal, "libpq is out of memory"};
  PGconn* const handle = handle_.get();
  PQsetNoticeReceiver(handle, &IgnoreNotice, nullptr);
  PQsetErrorVerbosity(handle, PQERRORS_VERBOSE);  // the only way to an SQLSTATE
  if (auto greeted = Greet(ctx, endpoint, until); !greeted.ok()) return greeted;
  PQsetErrorVerbosity(handle, PQERRORS_DEFAULT);
  if (PQsetnonblocking(handle, 1) != 0 ||
      (protocol_ == Protocol::kPipeline && PQenterPipelineMode(handle) != 1)) {
    return Error{Reason::kInternal, "libpq: " + OneLine(PQerrorMessage(handle))};
  }
  return {};
}

Result<void> Connection::Greet(const PollContext& ctx, const Endpoint& endpoint, MonoTime until) {
  PGconn* const handle = handle_.get();
  const auto failed = [&](Reason reason, const std::string& what) {
    return Error{reason, "connecting to " + NameOf(endpoint) + ": " + what};
  };
  size_t received = 0;
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  if (PQstatus(handle) == CONNECTION_BAD) status = PGRES_POLLING_FAILED;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) {
      return ConnectError(handle, endpoint, received > 0, relay_.ended());
    }
    const bool reading = status == PGRES_POLLING_READING;
    const int socket = PQsocket(handle);
    bool relayed = relay_.IsBehind(socket);
    // Before it reads, libpq looks at the socket itself: whether it is connected, and to whom.
    if (reading && !relayed) {
      if (auto inserted = relay_.Insert(socket); !inserted.ok()) return inserted;
      relayed = true;
    }
    uint32_t events = reading ? PILLION_READABLE : 0;
    if (!relayed || relay_.Send()) events |= PILLION_WRITABLE;
    const bool has_unread = relayed && relay_.HasUnread(socket);
    if (events != 0 && !has_unread) {
      const auto ready = ctx.Wait(relayed ? relay_.server() : socket, events, until);
      if (!ready) {
        const bool is_mute = relayed && received == 0;
        return failed(ready.error().reason, ready.error().message + (is_mute ? kMute : ""));
      }
      if (*ready & PILLION_READABLE) received += relay_.Receive();
      if (received > kGreetingBytesMax) {
        return failed(Reason::kProtocol, "more than 256 KiB came before the session began");
      }
    }
    status = PQconnectPoll(handle);
  }
  // libpq makes no connection without being told anything.
  if (!relay_.IsBehind(PQsocket(handle))) return failed(Reason::kProtocol, "nothing was said");
  return {};
}

Result<bool> Connection::Send() {
  PGconn* const handle = handle_.get();
  while (true) {
    const int unsent = PQflush(handle);
    if (unsent < 0) return Error{Reason::kRefused, OneLine(PQerrorMessage(handle))};
    if (relay_.Send()) return true;
    if (unsent == 0) return false;
  }
}

Result<size_t> Connection::Exchange(const PollContext& ctx, MonoTime until) {
  bool unsent = true;
  while (true) {
    if (unsent) {
      const auto left = Send();
      if (!left) return left.error();
      unsent = *left;
    }
    uint32_t events = PILLION_READABLE;
    if (unsent) events |= PILLION_WRITABLE;
    const auto ready = ctx.Wait(socket(), events, until);
    if (!ready) return ready.error();
    if (*ready & PILLION_READABLE) return Receive();
  }
}

Result<size_t> Connection::Receive() {
  PGconn* const handle = handle_.get();
  const size_t received = relay_.Receive();
  // In one call libpq takes as much as its buffer has room for.
  do {
    if (PQconsumeInput(handle) != 1) {
      return Error{Reason::kRefused, OneLine(PQerrorMessage(handle))};
    }
  } while (relay_.HasUnread(PQsocket(handle)));
  // And of an encrypted record of 16 KiB at least the half; its rest is in no socket any more.
  if (PQsslInUse(handle)) PQconsumeInput(handle);
  return received;
}

}  // namespace pillion::postgres
