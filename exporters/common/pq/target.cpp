#include "common/pq/target.hpp"

#include <arpa/inet.h>
#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <memory>

#include "common/pq/connect_error.hpp"

namespace pillion::postgres {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::vector<std::string> SplitList(std::string_view list) {
  std::vector<std::string> items;
  while (true) {
    const size_t comma = list.find(',');
    items.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return items;
    list.remove_prefix(comma + 1);
  }
}

std::string Find(const PQconninfoOption* options, std::string_view keyword) {
  for (; options != nullptr && options->keyword != nullptr; ++options) {
    if (options->keyword == keyword) return options->val == nullptr ? "" : options->val;
  }
  return {};
}

// libpq quotes what it could not understand, and that may be a password. Only a parameter's name
// is safe to repeat.
std::string ParseComplaint(std::string_view connection_string, const char* message) {
  const std::string line = OneLine(message == nullptr ? "" : message);
  const std::string form = "expected `key=value ...` or `postgresql://user@host/database?...`";
  const bool names_parameter = line.starts_with("invalid connection option") ||
                               line.starts_with("invalid URI query parameter");
  // Behind an unquoted blank, the rest of a password looks like a parameter.
  const bool may_be_secret = connection_string.find("password") != std::string_view::npos;
  return "not a connection string: " + (names_parameter && !may_be_secret ? line : form);
}

Result<std::vector<Endpoint>> Endpoints(const std::string& hosts, const std::string& addresses,
                                        const std::string& ports) {
  const auto host_list = SplitList(hosts);
  const auto address_list = SplitList(addresses);
  const auto port_list = SplitList(ports);
  const size_t count = addresses.empty() ? host_list.size() : address_list.size();
  if (!addresses.empty() && !hosts.empty() && host_list.size() != count) {
    return Error{Reason::kInternal, "host and hostaddr have different numbers of entries"};
  }
  if (port_list.size() != 1 && port_list.size() != count) {
    return Error{Reason::kInternal, "port needs one entry, or as many as there are hosts"};
  }
  if (count > kEndpointsMax) return Error{Reason::kInternal, "more than 16 hosts"};
  std::vector<Endpoint> endpoints;
  for (size_t i = 0; i < count; ++i) {
    Endpoint& endpoint = endpoints.emplace_back();
    if (!hosts.empty()) endpoint.host = host_list[i];
    if (endpoint.host.find('@') != std::string::npos && !endpoint.host.starts_with('/') &&
        !endpoint.host.starts_with('@')) {
      // A URI's password with an @ that is not written %40: what follows would be logged as a host.
      return Error{Reason::kInternal, "there is an @ in the host; write %40 in a password"};
    }
    if (!addresses.empty()) endpoint.address = address_list[i];
    endpoint.port = port_list.size() == 1 ? port_list[0] : port_list[i];
  }
  return endpoints;
}

// Parameters that take one of a few words, which libpq looks at when it connects.
struct Words {
  std::string_view key;
  std::string_view accepted;  // comma separated
};
constexpr Words kWords[] = {
    {"sslmode", "disable,allow,prefer,require,verify-ca,verify-full"},
    {"gssencmode", "disable,prefer,require"},
    {"channel_binding", "disable,prefer,require"},
    {"target_session_attrs", "any,read-write,read-only,primary,standby,prefer-standby"},
};
constexpr std::string_view kWholeNumbers[] = {
    "connect_timeout",     "keepalives",       "keepalives_idle",
    "keepalives_interval", "keepalives_count", "tcp_user_timeout",
};

// Whether it is a whole number in this range. libpq takes blanks around it.
bool IsWhole(std::string_view text, int minimum, int maximum) {
  const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size() && number >= minimum &&
         number <= maximum;
}

// What libpq would have against a parameter; empty: nothing. The value is not quoted: where a
// password has blanks or an @ it may be a part of it.
std::string ValueComplaint(std::string_view key, std::string_view value) {
  for (const Words& words : kWords) {
    if (words.key != key) continue;
    const auto accepted = SplitList(words.accepted);
    if (std::find(accepted.begin(), accepted.end(), value) != accepted.end()) return {};
    std::string complaint = std::string(key) + " must be ";
    for (size_t i = 0; i < accepted.size(); ++i) {
      if (i > 0) complaint += i + 1 == accepted.size() ? " or " : ", ";
      complaint += accepted[i];
    }
    return complaint;
  }
  const bool is_number =
      std::find(std::begin(kWholeNumbers), std::end(kWholeNumbers), key) != std::end(kWholeNumbers);
  constexpr int kMost = std::numeric_limits<int>::max();
  if (is_number && !IsWhole(value, -kMost, kMost)) {
    return std::string(key) + " must be a whole number";
  }
  return {};
}

// The same for where the server is.
std::string PlaceComplaint(const Endpoint& endpoint) {
  if (!endpoint.port.empty() && !IsWhole(endpoint.port, 1, 65535)) {
    return "port must be a number from 1 to 65535";
  }
  if (!endpoint.address.empty() && !IsNumeric(endpoint.address)) {
    return "hostaddr must be an IPv4 or IPv6 address; names belong into host";
  }
  return {};
}

// HOST:PORT, as targets are written elsewhere. Nothing in it can be a secret.
bool IsHostAndPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0 || !IsWhole(text.substr(colon + 1), 1, 65535)) return false;
  return text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             ".-_:[]") == text.npos;
}

bool Has(const Target& target, std::string_view key) {
  return std::any_of(target.parameters.begin(), target.parameters.end(),
                     [&](const auto& parameter) { return parameter.first == key; });
}

}  // namespace

Result<Target> ParseTarget(std::string_view text, std::string_view user) {
  const std::string connection_string =
      IsHostAndPort(text) ? "postgresql://" + std::string(text) : std::string(text);
  char* complaint = nullptr;
  const Options parsed(PQconninfoParse(connection_string.c_str(), &complaint), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> free_complaint(complaint, &PQfreemem);
  if (!parsed) return Error{Reason::kInternal, ParseComplaint(connection_string, complaint)};
  // What the connection string leaves open comes from PGHOST and its like, as with any client.
  const Options defaults(PQconndefaults(), &PQconninfoFree);

  Target target;
  std::string place[3];
  constexpr std::string_view kPlaceKeys[] = {"host", "hostaddr", "port"};
  for (size_t i = 0; i < 3; ++i) place[i] = Find(parsed.get(), kPlaceKeys[i]);
  const bool from_service = !Find(parsed.get(), "service").empty();
  if (place[0].empty() && place[1].empty() && !from_service) {
    for (size_t i = 0; i < 2; ++i) place[i] = Find(defaults.get(), kPlaceKeys[i]);
  }
  if (place[2].empty() && !from_service) place[2] = Find(defaults.get(), "port");
  auto endpoints = Endpoints(place[0], place[1], place[2]);
  if (!endpoints) return endpoints.error();
  target.endpoints = *std::move(endpoints);
  for (const Endpoint& endpoint : target.endpoints) {
    if (auto wrong = PlaceComplaint(endpoint); !wrong.empty()) {
      return Error{Reason::kInternal, std::move(wrong)};
    }
  }

  for (const PQconninfoOption* o = parsed.get(); o->keyword != nullptr; ++o) {
    if (o->val == nullptr || o->val[0] == '\0') continue;
    const std::string_view key = o->keyword;
    if (std::find(std::begin(kPlaceKeys), std::end(kPlaceKeys), key) != std::end(kPlaceKeys)) {
      continue;
    }
    if (auto wrong = ValueComplaint(key, o->val); !wrong.empty()) {
      return Error{Reason::kInternal, std::move(wrong)};
    }
    if (key == "user" && !user.empty()) continue;
    if (key == "password") target.has_password = true;
    target.parameters.emplace_back(key, o->val);
  }
  if (!user.empty()) target.parameters.emplace_back("user", user);
  return target;
}

bool IsNumeric(std::string_view host) {
  const std::string text(host.substr(0, host.find('%')));
  in6_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool IsLoopback(std::string_view address) {
  if (address == "::1") return true;
  return address.starts_with("127.") && IsNumeric(address);
}

std::vector<std::pair<std::string, std::string>> ParametersFor(const Target& target,
                                                               const Endpoint& endpoint) {
  auto parameters = target.parameters;
  if (!endpoint.host.empty()) parameters.emplace_back("host", endpoint.host);
  if (!endpoint.address.empty()) parameters.emplace_back("hostaddr", endpoint.address);
  if (!endpoint.port.empty()) parameters.emplace_back("port", endpoint.port);
  if (!Has(target, "application_name")) parameters.emplace_back("application_name", "pillion");
  if (!Has(target, "gssencmode")) parameters.emplace_back("gssencmode", "disable");
  if (!Has(target, "sslmode") && std::getenv("PGSSLMODE") == nullptr &&
      IsLoopback(endpoint.address)) {
    parameters.emplace_back("sslmode", "disable");
  }
  // Last, so that it wins: labels are UTF-8.
  parameters.emplace_back("client_encoding", "UTF8");
  return parameters;
}

}  // namespace pillion::postgres
