#include "plugin/instance_secrets.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pillion {
namespace {

void Wipe(std::string& text) { ::explicit_bzero(text.data(), text.size()); }

// Where a part of the target takes the secrets and another doesn't, they are right.
bool IsAboutSecrets(const PollOutcome& outcome) {
  if (!outcome.ok()) return outcome.reason == Reason::kAuth;
  const auto count = [&](Reason reason) {
    return std::count_if(outcome.collectors.begin(), outcome.collectors.end(),
                         [&](const CollectorOutcome& run) { return run.reason == reason; });
  };
  return count(Reason::kAuth) > 0 && count(Reason::kOk) == 0;
}

std::string_view MessageOf(const PollOutcome& outcome) {
  if (outcome.reason == Reason::kAuth) return outcome.message;
  for (const CollectorOutcome& run : outcome.collectors) {
    if (run.reason == Reason::kAuth) return run.message;
  }
  return {};
}

}  // namespace

InstanceSecrets::InstanceSecrets(std::shared_ptr<const InstanceConfig> config, const Clock* clock)
    : config_(std::move(config)), clock_(clock), gate_(std::make_shared<SecretGate>(clock)) {}

InstanceSecrets::~InstanceSecrets() { gate_->Undecided(this); }

Result<std::string> InstanceSecrets::Value(std::string_view name, bool& is_set) {
  const auto it = config_->options.find(name);
  is_set = it != config_->options.end() && !it->second.secret.empty();
  if (!is_set) return std::string();
  Result<std::string> text = it->second.secret.Read();
  if (text) {
    last_problem_.clear();
  } else if (text.error().message != last_problem_) {
    last_problem_ = text.error().message;
    Log(LogLevel::kError, "secret cannot be read",
        {{"instance", config_->SaidName()},
         {"option", std::string(name)},
         {"error", text.error().message}});
  }
  return text;
}

Result<SecretDigest> InstanceSecrets::Present(std::string_view name) {
  bool is_set = false;
  Result<std::string> text = Value(name, is_set);
  if (!text) return text.error();
  const SecretDigest digest = is_set ? DigestOf(*text) : SecretDigest{};
  Wipe(*text);
  return digest;
}

uint32_t InstanceSecrets::Read(std::string_view name, pillion_buffer* out) {
  out->size = 0;
  bool is_set = false;
  Result<std::string> text = Value(name, is_set);
  if (!text) {
    // A file that is not there or an unset variable is the operator's to mend, not a defect.
    const bool too_long = text.error().reason == Reason::kLimit;
    return Deny(too_long ? Reason::kLimit : Reason::kAuth,
                "secret `" + std::string(name) + "`: " + text.error().message);
  }
  const SecretDigest digest = is_set ? DigestOf(*text) : SecretDigest{};
  const auto refusal = gate_->refusal();
  if (refusal && refusal->values.contains(name) &&
      IsRefused(*refusal, {{std::string(name), digest}}) && !gate_->MayTryAgain(this)) {
    Wipe(*text);
    return Deny(Reason::kAuth, refusal->error + Advice(*refusal));
  }
  if (!fetched_) tried_since_ = clock_->Now();
  fetched_ = true;
  tried_.insert_or_assign(std::string(name), digest);
  out->size = text->size();
  std::memcpy(out->data, text->data(), std::min(text->size(), out->capacity));
  Wipe(*text);
  return PILLION_REASON_OK;
}

uint32_t InstanceSecrets::Deny(Reason reason, std::string why) {
  denied_ = std::move(why);
  return static_cast<uint32_t>(reason);
}

// What is not in `present` is read.
bool InstanceSecrets::IsRefused(const SecretGate::Refusal& refusal, const SecretDigests& present) {
  for (const auto& [name, digest] : refusal.values) {
    const auto it = present.find(name);
    if (it != present.end()) {
      if (it->second != digest) return false;
      continue;
    }
    const Result<SecretDigest> now = Present(name);
    if (!now || *now != digest) return false;
  }
  return true;
}

std::string InstanceSecrets::Advice(const SecretGate::Refusal& refusal) const {
  std::string names;
  for (const auto& [name, digest] : refusal.values) {
    if (digest.is_set) names += (names.empty() ? "`" : " or `") + name + "`";
  }
  const auto left = std::chrono::ceil<std::chrono::seconds>(refusal.next - clock_->Now());
  const std::string time = "in " + std::to_string(std::max<int64_t>(left.count(), 1)) + " s";
  if (names.empty()) return "; tried again " + time;
  return "; tried again when " + names + " changes, or " + time;
}

bool InstanceSecrets::Changed() {
  if (!tried_.empty()) Accept();  // there is a session
  // Before the values are read: what is read is then newer than what was refused.
  const auto earlier = gate_->refusal();
  SecretDigests present;
  for (const auto& [name, digest] : in_use_) {
    const Result<SecretDigest> now = Present(name);
    if (!now) return false;
    present.emplace(name, *now);
  }
  if (earlier && !IsRefused(*earlier, present)) gate_->Forget(earlier->values);
  if (present == in_use_) return false;
  if (present == undecided_ && clock_->Now() < not_before_) return false;
  if (!gate_->MayTryChanged(this)) return false;
  beside_ = true;
  const auto refusal = gate_->refusal();
  if (!refusal || !IsRefused(*refusal, present) || gate_->MayTryAgain(this)) return true;
  gate_->Undecided(this);
  return false;
}

void InstanceSecrets::Accept() {
  const bool changed = gate_->Accepted(this, tried_);
  for (const auto& [name, digest] : tried_) in_use_.insert_or_assign(name, digest);
  tried_.clear();
  fetched_ = false;
  if (!changed) return;
  ++events_.changes;
  Log(LogLevel::kInfo, "changed secret works",
      {{"instance", config_->SaidName()}, {"exporter", config_->type}});
}

void InstanceSecrets::Refuse(std::string_view message) {
  const bool is_new =
      gate_->Refused(this, tried_, std::string(message.substr(0, kErrorBytesMax)), tried_since_);
  tried_.clear();
  fetched_ = false;
  ++events_.refused;
  if (!is_new || !beside_) return;  // when no session goes on, the instance is down: that is told
  Log(LogLevel::kWarn, "changed secret was refused; the session with the old one goes on",
      {{"instance", config_->SaidName()},
       {"exporter", config_->type},
       {"error", std::string(message)}});
}

void InstanceSecrets::Tried(Reason reason, std::string_view message) {
  const bool whole = fetched_ && denied_.empty();  // a log-in without a secret is no try
  denied_.clear();
  if (!whole) return;
  if (reason == Reason::kOk) return Accept();
  if (reason == Reason::kAuth) return Refuse(message);
  if (!beside_) return;  // they are still to be tried
  SecretDigests values = in_use_;
  for (const auto& [name, digest] : tried_) values.insert_or_assign(name, digest);
  if (values != undecided_) {
    undecided_times_ = 0;
    Log(LogLevel::kWarn, "changed secret could not be tried; the session with the old one goes on",
        {{"instance", config_->SaidName()},
         {"exporter", config_->type},
         {"error", std::string(message)}});
  }
  undecided_ = std::move(values);
  not_before_ = clock_->Now() + SecretGate::PauseAfter(++undecided_times_);
  tried_.clear();
  fetched_ = false;
  gate_->Undecided(this);
}

void InstanceSecrets::PollBegins() {
  fetched_ = beside_ = false;
  denied_.clear();
}

void InstanceSecrets::PollEnds(PollOutcome& outcome) {
  const bool denied = !denied_.empty();
  if (!denied && fetched_ && IsAboutSecrets(outcome)) {
    Refuse(MessageOf(outcome));
  } else if (outcome.ok() && !tried_.empty()) {
    Accept();
  }
  const auto refusal = gate_->refusal();
  if (outcome.reason == Reason::kAuth && denied) {
    outcome.message = denied_;
  } else if (outcome.reason == Reason::kAuth && events_.refused > 0 && refusal) {
    outcome.message += Advice(*refusal);
  } else if (outcome.ok() && refusal && outcome.facts.size() < pillion_poll::kFactsMax) {
    outcome.facts.emplace_back("secret", "refused, the session with the old one goes on: " +
                                             refusal->error + Advice(*refusal));
  }
  gate_->Undecided(this);
  events_.accepted = !refusal.has_value();
  outcome.secrets = std::exchange(events_, {});
}

}  // namespace pillion
