#include "session.hpp"

#include "common/tls_options.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace pillion::memcached {
namespace {

constexpr uint16_t kPort = 11211;
constexpr size_t kReadBytes = 16 * 1024;
// Longest time for a second connection beside one that works: scrapes wait meanwhile.
constexpr std::chrono::nanoseconds kRenewMax = std::chrono::seconds(1);

// The text protocol takes names and passwords as a value of two words.
bool IsWord(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(),
                                       [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

}  // namespace

Result<Endpoint> ParseAddress(std::string_view text) {
  Endpoint endpoint;
  for (const std::string_view scheme : {"unix://", "unix:"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    if (!text.starts_with('/')) {
      return Error{Reason::kInternal, "a unix socket needs an absolute path"};
    }
  }
  if (text.starts_with('/')) {
    auto path = ParseSocketPath(text);
    if (!path) return path.error();
    endpoint.path = *std::move(path);
    return endpoint;
  }
  auto parsed = ParseHostPort(text);
  if (!parsed) return parsed.error();
  endpoint.host = std::move(parsed->host);
  endpoint.port = parsed->port == 0 ? kPort : parsed->port;
  return endpoint;
}

Session::Session(const Options& options)
    : options_(options),
      user_(options.String("username")),
      tls_(tls::ReadConfig(options, options.Bool("tls"), "write `tls = true` to use it")) {
  auto endpoint = ParseAddress(options.String("address"));
  if (!endpoint) throw OptionError("address", endpoint.error().message);
  endpoint_ = *std::move(endpoint);
  if (!user_.empty() && !IsWord(user_)) {
    throw OptionError("username", "must not hold blanks or control characters");
  }
  if (tls_ && !endpoint_.path.empty() && tls_->server_name.empty() && !tls_->skip_verify) {
    throw OptionError("tls", "over a unix socket it needs a `tls_server_name`");
  }
}

Result<void> Session::Ask(const PollContext& ctx, std::string_view commands, MonoTime until,
                          AnswerReader& answers) {
  const bool kept = stream_.open();
  Result<void> asked;
  if (!kept) asked = Connect(ctx, until);
  if (asked) asked = Exchange(ctx, commands, until, stream_, answers);
  const bool idle = kept && !asked && asked.error().reason == Reason::kRefused;
  if (idle && answers.bytes() == 0) {  // it was closed while it was idle
    asked = Connect(ctx, until);
    if (asked) asked = Exchange(ctx, commands, until, stream_, answers);
  }
  if (!asked) stream_.Close();
  return asked;
}

Result<void> Session::Connect(const PollContext& ctx, MonoTime until) {
  // Before the files are read: a change meanwhile is seen later.
  if (tls_) stamp_ = tls::StampOf(*tls_);
  refused_.clear();
  return Open(ctx, until, stream_);
}

Result<void> Session::Open(const PollContext& ctx, MonoTime until, Stream& stream) const {
  if (auto connected = stream.Connect(ctx, endpoint_, tls_, until); !connected) return connected;
  return LogIn(ctx, until, stream);
}

// The server takes the first value that is set as the user and the password.
Result<void> Session::LogIn(const PollContext& ctx, MonoTime until, Stream& stream) const {
  const auto password = options_.Secret("password");
  if (!password) return password.error();
  if (password->empty() && user_.empty()) return {};
  if (!IsWord(user_) || !IsWord(password->view())) {
    return Error{Reason::kAuth,
                 "to log in, `username` and `password` must both be there, without blanks"};
  }
  const size_t size = user_.size() + 1 + password->view().size();
  std::string text;
  text.reserve(64 + size);  // it must not move: SecretText wipes one place only
  text.append("set auth 0 0 ").append(std::to_string(size)).append("\r\n");
  text.append(user_).append(" ").append(password->view()).append("\r\n");
  const SecretText command(std::move(text));
  AnswerReader answer(1, true);
  if (auto asked = Exchange(ctx, command.view(), until, stream, answer); !asked) return asked;
  const Result<void>& outcome = answer.answers()[0].outcome;
  if (outcome.ok()) return {};
  const std::string where = endpoint_.ToText() + ": log-in as `" + user_ + "`: ";
  return Error{outcome.error().reason, where + outcome.error().message};
}

Result<void> Session::Exchange(const PollContext& ctx, std::string_view commands, MonoTime until,
                               Stream& stream, AnswerReader& answers) const {
  const auto fail = [&](const Error& error) {
    return Error{error.reason, endpoint_.ToText() + ": " + error.message};
  };
  const auto sent = stream.Send(ctx, commands, until);
  // A server that closes at once may have said why.
  if (!sent && sent.error().reason != Reason::kRefused) return fail(sent.error());
  std::array<char, kReadBytes> bytes;
  while (!answers.complete()) {
    const auto size = stream.Receive(ctx, bytes.data(), bytes.size(), until);
    const bool lost = size ? *size == 0 : size.error().reason == Reason::kRefused;
    if (lost) {
      const Answer& first = answers.answers().front();
      if (first.complete && !first.outcome.ok()) return fail(first.outcome.error());
      return fail({Reason::kRefused, "the server closed the connection"});
    }
    if (!size) return fail(size.error());
    if (auto taken = answers.Take({bytes.data(), *size}); !taken) return fail(taken.error());
  }
  return {};
}

void Session::Renew(const PollContext& ctx, MonoTime until) {
  const auto left = until - ctx.Now();
  if (!stream_.open() || left.count() <= 0) return;
  const bool secrets = options_.SecretsChanged();
  const std::string stamp = tls_ ? tls::StampOf(*tls_) : std::string();
  const bool files = stamp != stamp_ && stamp != refused_;
  if (!secrets && !files) return;
  Stream second;
  const MonoTime end = ctx.Now() + std::min<std::chrono::nanoseconds>(left / 2, kRenewMax);
  // Before a secret is fetched: its failure says nothing of them.
  auto opened = second.Connect(ctx, endpoint_, tls_, end);
  if (opened) {
    opened = LogIn(ctx, end, second);
    if (secrets) options_.SecretsTried(opened);
  }
  if (opened) {
    stream_ = std::move(second);
    stamp_ = stamp;
  } else if (files) {
    refused_ = stamp;
    options_.Log(PILLION_LOG_WARN,
                 "the TLS files have changed, and a connection with them failed; the present one "
                 "is kept: " +
                     opened.error().message);
  }
}

}  // namespace pillion::memcached
