// Where to connect, taken apart from a connection string. Pure apart from reading libpq's own
// defaults (PG* variables, service file) when it is made.
//
// libpq resolves names without any bound on time, so the addresses are found elsewhere and given
// to it beside the names; and it gives one silent host all the time there is, so that hosts are
// tried one by one here.
#pragma once

#include <pillion/result.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion::postgres {

struct Endpoint {
  std::string host;     // a name, a numeric address, a socket directory, or empty: libpq's default
  std::string address;  // numeric; empty: not known yet, or not needed
  std::string port;     // empty: libpq's default

  // Nothing to look up: a unix socket, or an address that is known.
  bool IsSocket() const {
    return address.empty() && (host.empty() || host[0] == '/' || host[0] == '@');
  }
};

struct Target {
  std::vector<std::pair<std::string, std::string>> parameters;  // all but host, address and port
  std::vector<Endpoint> endpoints;                              // at least one, in order
  bool has_password = false;                                    // the connection string holds one
};

inline constexpr size_t kEndpointsMax = 16;

// Takes a connection string apart: `key=value ...`, a URI, or HOST:PORT. Values that libpq would
// refuse only when it connects are refused here. An error never quotes it beyond the name of a
// parameter: it may hold a password.
Result<Target> ParseTarget(std::string_view connection_string, std::string_view user);

// Whether a numeric address is this machine's own.
bool IsLoopback(std::string_view address);
// Whether it is a numeric IPv4 or IPv6 address.
bool IsNumeric(std::string_view host);

// The parameters for one attempt. Adds what is ours: TLS is not tried over the loopback device
// unless the connection string (or PGSSLMODE) asks for it; GSS encryption never is.
std::vector<std::pair<std::string, std::string>> ParametersFor(const Target& target,
                                                               const Endpoint& endpoint);

}  // namespace pillion::postgres
