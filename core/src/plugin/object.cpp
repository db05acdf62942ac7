#include "plugin/object.hpp"

#include "plugin/instance.hpp"

#include <algorithm>
#include <utility>

namespace pillion {
namespace {

constexpr size_t kErrorBytesMax = 1024;

std::string_view Filled(const std::string& text, const pillion_buffer& buffer) {
  return std::string_view(text).substr(0, std::min(buffer.size, text.size()));
}

FragmentLimits LimitsOf(const InstanceConfig& config) {
  FragmentLimits limits;
  limits.label_value_bytes_max = config.limits.label_value_bytes_max;
  return limits;
}

bool IsError(const InstanceComplaint& complaint) { return !complaint.warning; }

std::vector<InstanceComplaint> ComplaintsOf(const PollOutcome& outcome) {
  if (outcome.ok()) return {};
  const std::string reason(ToString(outcome.reason));
  return {{{}, "its target cannot be asked: " + reason + ": " + outcome.message}};
}

}  // namespace

PluginObject::PluginObject(ExporterTypePtr type, std::shared_ptr<const FamilyTable> families,
                           std::shared_ptr<const InstanceConfig> config, const Clock* clock)
    : type_(std::move(type)),
      families_(std::move(families)),
      clock_(clock),
      builder_(families_.get(), config->labels, LimitsOf(*config)),
      filter_(config->filter) {
  instance_ = std::make_unique<pillion_instance>(type_, std::move(config), clock);
  const std::vector<CollectorInfo>& collectors = type_->collectors();
  for (uint32_t i = 0; i < collectors.size(); ++i) {
    if (collectors[i].remembered) remembered_.emplace(i, RememberedRun{});
  }
}

std::vector<InstanceComplaint> PluginObject::Make(bool trial) {
  using Phase = pillion_instance::Phase;
  std::string text(kErrorBytesMax, '\0');
  pillion_buffer error{text.data(), text.size(), 0};
  instance_->phase = trial ? Phase::kTrial : Phase::kCreate;
  object_ = type_->plugin().create(&HostTable(), instance_.get(), &error);
  instance_->phase = Phase::kLife;
  std::vector<InstanceComplaint> complaints = std::exchange(instance_->complaints, {});
  const bool refused = std::any_of(complaints.begin(), complaints.end(), IsError);
  if (object_ == nullptr && !refused) {
    std::string what(Filled(text, error));
    if (what.empty()) what = "the exporter refuses it without saying why";
    complaints.push_back({{}, std::move(what), /*warning=*/false});
  }
  return complaints;
}

Result<std::unique_ptr<PluginObject>> PluginObject::Create(
    ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config,
    std::shared_ptr<const FamilyTable> families, std::vector<std::string> declared_help_suffix,
    const Clock* clock) {
  std::unique_ptr<PluginObject> object(
      new PluginObject(std::move(type), std::move(families), std::move(config), clock));
  object->builder_.SetDeclaredHelpSuffix(std::move(declared_help_suffix));
  std::string wrong;
  for (const InstanceComplaint& complaint : object->Make(/*trial=*/false)) {
    if (!IsError(complaint)) continue;
    if (!wrong.empty()) wrong.append("; ");
    if (!complaint.option.empty()) wrong.append(complaint.option).append(": ");
    wrong.append(complaint.what);
  }
  if (!wrong.empty()) return Error{Reason::kInternal, std::move(wrong)};
  return object;
}

PluginObject::Trial PluginObject::Try(ExporterTypePtr type,
                                      std::shared_ptr<const InstanceConfig> config,
                                      const Clock* clock) {
  std::shared_ptr<const FamilyTable> families(type, &type->families());
  PluginObject object(std::move(type), std::move(families), std::move(config), clock);
  Trial trial;
  trial.complaints = object.Make(/*trial=*/true);
  trial.collectors = std::move(object.instance_->declared);
  return trial;
}

PluginObject::~PluginObject() {
  if (object_ != nullptr) type_->plugin().destroy(object_);
}

void PluginObject::ShareSecrets(std::shared_ptr<SecretGate> gate) {
  instance_->secrets.Share(std::move(gate));
}

PollOutcome PluginObject::Poll(const std::vector<bool>& due, MonoTime deadline) {
  pillion_poll poll(clock_, &builder_, &interrupter_, &due, !type_->has_collector_table(),
                    deadline);
  poll.collectors = &instance_->config->collectors;
  poll.filter = &filter_;
  poll.remembered = &remembered_;
  builder_.Reset();
  builder_.drops() = {};
  const MonoTime began = clock_->Now();
  if (poll.implicit_collector) {
    poll.open = 0;
    poll.opened = began;
  }
  std::string text(kErrorBytesMax, '\0');
  pillion_buffer error{text.data(), text.size(), 0};
  instance_->secrets.PollBegins();
  const uint32_t reason = type_->plugin().poll(object_, &poll, &error);
  PollOutcome& outcome = poll.outcome;
  outcome.reason =
      reason <= PILLION_REASON_INTERNAL ? static_cast<Reason>(reason) : Reason::kInternal;
  if (!outcome.ok()) outcome.message = Filled(text, error);
  instance_->secrets.PollEnds(outcome);
  poll.Finish(outcome.reason);
  if (budget_ != nullptr) FitBudget(outcome);
  outcome.ended = clock_->Now();
  outcome.ended_unix = clock_->UnixSeconds();
  outcome.duration = outcome.ended - began;
  return std::move(outcome);
}

std::vector<InstanceComplaint> PluginObject::CheckTarget(MonoTime deadline) {
  const std::vector<bool> due(type_->collectors().size());
  if (!type_->has_check()) return ComplaintsOf(Poll(due, deadline));
  pillion_poll poll(clock_, &builder_, &interrupter_, &due, /*implicit_collector_in=*/false,
                    deadline);
  std::string text(kErrorBytesMax, '\0');
  pillion_buffer error{text.data(), text.size(), 0};
  instance_->phase = pillion_instance::Phase::kCheck;
  instance_->secrets.PollBegins();
  const uint32_t reason = type_->plugin().check(object_, &poll, &error);
  instance_->phase = pillion_instance::Phase::kLife;
  poll.outcome.reason =
      reason <= PILLION_REASON_INTERNAL ? static_cast<Reason>(reason) : Reason::kInternal;
  if (!poll.outcome.ok()) poll.outcome.message = Filled(text, error);
  instance_->secrets.PollEnds(poll.outcome);
  std::vector<InstanceComplaint> complaints = std::exchange(instance_->complaints, {});
  for (InstanceComplaint& more : ComplaintsOf(poll.outcome)) complaints.push_back(std::move(more));
  return complaints;
}

void PluginObject::FitBudget(PollOutcome& outcome) {
  std::vector<FragmentPtr*> fragments;
  for (CollectorOutcome& collector : outcome.collectors) {
    if (collector.fragment != nullptr) {
      fragments.push_back(&collector.fragment);
    } else {
      budget_->Free(collector.collector);
    }
  }
  budget_->Fit(fragments, outcome.drops);
}

void PluginObject::Interrupt() {
  interrupter_.Interrupt();
  if (type_->plugin().interrupt != nullptr) type_->plugin().interrupt(object_);
}

}  // namespace pillion
