// InstanceSecrets: the secrets of an instance as one lane's plugin object meets them. Hands them
// out, notices when they change, and learns from polls how the target takes them.
//
// Of a value only its digest stays. The plugin need not help: a poll that fetched secrets and ends
// well has accepted them, one that ends with kAuth was refused with them. An exporter that keeps
// its session asks Changed() and says by Tried() what became of a second one.
//
// Threads: one at a time, the lane's. What the lanes know together is in the SecretGate.
#pragma once

#include "config/config.hpp"
#include "plugin/clock.hpp"
#include "plugin/poll_session.hpp"
#include "plugin/secret_gate.hpp"

#include <pillion/plugin.h>
#include <pillion/result.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace pillion {

class InstanceSecrets {
 public:
  static constexpr size_t kErrorBytesMax = 512;  // of what a target says when it refuses

  InstanceSecrets(std::shared_ptr<const InstanceConfig> config, const Clock* clock);
  ~InstanceSecrets();
  InstanceSecrets(const InstanceSecrets&) = delete;
  InstanceSecrets& operator=(const InstanceSecrets&) = delete;

  // Before the first poll; otherwise the object has a gate of its own.
  void Share(std::shared_ptr<SecretGate> gate) { gate_ = std::move(gate); }

  // host->secret, secrets_changed and secrets_tried.
  uint32_t Read(std::string_view name, pillion_buffer* out);
  bool Changed();
  void Tried(Reason reason, std::string_view message);

  void PollBegins();
  // Adds to the outcome what became of secrets, and to its message when they are tried again.
  void PollEnds(PollOutcome& outcome);

 private:
  Result<std::string> Value(std::string_view name, bool& is_set);
  Result<SecretDigest> Present(std::string_view name);
  bool IsRefused(const SecretGate::Refusal& refusal, const SecretDigests& present);
  std::string Advice(const SecretGate::Refusal& refusal) const;
  uint32_t Deny(Reason reason, std::string why);
  void Accept();
  void Refuse(std::string_view message);

  const std::shared_ptr<const InstanceConfig> config_;
  const Clock* const clock_;
  std::shared_ptr<SecretGate> gate_;
  SecretDigests in_use_;  // accepted; what the plugin's session was made with
  SecretDigests tried_;   // handed out since, and not known to be accepted or refused
  MonoTime tried_since_{0};
  bool fetched_ = false;     // in this poll, and nothing was said of it yet
  bool beside_ = false;      // Changed() said yes in this poll: a session goes on
  std::string denied_;       // why a secret was not handed out in this poll
  SecretDigests undecided_;  // tried beside a session without an answer about them,
  uint32_t undecided_times_ = 0;
  MonoTime not_before_{0};    // and when that may be done again
  std::string last_problem_;  // with reading them, as it was logged
  SecretEvents events_;
};

}  // namespace pillion
