// Result<T>: a value, or an Error that says why there is none.
//
// Expected failures (the target is down, a privilege is missing) are values, never exceptions.
// An Error carries one Reason of the fixed list, which becomes a metric label, and a message for
// people: what was tried, on what, what came back.
//
//   Result<int> Parse(std::string_view text);
//   if (auto n = Parse("12"); n) Use(*n); else return n.error();
//
// Trap: a Result that is ignored is a compiler warning ([[nodiscard]]); say (void) if you mean it.
#pragma once

#include <pillion/plugin.h>

#include <cassert>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace pillion {

enum class Reason : uint32_t {
  kOk = PILLION_REASON_OK,
  kRefused = PILLION_REASON_REFUSED,
  kDns = PILLION_REASON_DNS,
  kAuth = PILLION_REASON_AUTH,
  kTimeout = PILLION_REASON_TIMEOUT,
  kProtocol = PILLION_REASON_PROTOCOL,
  kPermission = PILLION_REASON_PERMISSION,
  kVersion = PILLION_REASON_VERSION,
  kLimit = PILLION_REASON_LIMIT,
  kInternal = PILLION_REASON_INTERNAL,
};

inline constexpr Reason kFailureReasons[] = {
    Reason::kRefused,    Reason::kDns,     Reason::kAuth,  Reason::kTimeout,  Reason::kProtocol,
    Reason::kPermission, Reason::kVersion, Reason::kLimit, Reason::kInternal,
};

// The label value of a reason: "refused", "dns", ... and "ok". Unknown numbers are "internal".
constexpr std::string_view ToString(Reason reason) {
  switch (reason) {
    case Reason::kOk: return "ok";
    case Reason::kRefused: return "refused";
    case Reason::kDns: return "dns";
    case Reason::kAuth: return "auth";
    case Reason::kTimeout: return "timeout";
    case Reason::kProtocol: return "protocol";
    case Reason::kPermission: return "permission";
    case Reason::kVersion: return "version";
    case Reason::kLimit: return "limit";
    case Reason::kInternal: break;
  }
  return "internal";
}

struct Error {
  Reason reason = Reason::kInternal;
  std::string message;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  Result(Reason reason, std::string message) : Result(Error{reason, std::move(message)}) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok()
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  // REQUIRES: !ok()
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) { assert(error_.reason != Reason::kOk); }
  Result(Reason reason, std::string message) : Result(Error{reason, std::move(message)}) {}

  bool ok() const { return error_.reason == Reason::kOk; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: !ok()
  const Error& error() const { return error_; }

 private:
  Error error_{Reason::kOk, {}};
};

}  // namespace pillion
