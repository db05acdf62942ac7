#include "plugin/object.hpp"

#include "plugin/instance.hpp"

#include <algorithm>

namespace pillion {
namespace {

constexpr size_t kErrorBytesMax = 1024;

std::string_view Filled(const std::string& text, const pillion_buffer& buffer) {
  return std::string_view(text).substr(0, std::min(buffer.size, text.size()));
}

}  // namespace

PluginObject::PluginObject(ExporterTypePtr type, std::shared_ptr<const FamilyTable> families,
                           const InstanceConfig& config, const Clock* clock)
    : type_(std::move(type)),
      families_(std::move(families)),
      clock_(clock),
      builder_(families_.get(), config.labels) {}

Result<std::unique_ptr<PluginObject>> PluginObject::Create(
    ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config,
    std::shared_ptr<const FamilyTable> families, std::vector<std::string> declared_help_suffix,
    const Clock* clock) {
  std::unique_ptr<PluginObject> object(
      new PluginObject(std::move(type), std::move(families), *config, clock));
  object->builder_.SetDeclaredHelpSuffix(std::move(declared_help_suffix));
  object->instance_ = std::make_unique<pillion_instance>(std::move(config), clock);
  std::string text(kErrorBytesMax, '\0');
  pillion_buffer error{text.data(), text.size(), 0};
  object->object_ = object->type_->plugin().create(&HostTable(), object->instance_.get(), &error);
  if (object->object_ == nullptr) {
    return Error{Reason::kInternal, std::string(Filled(text, error))};
  }
  return object;
}

PluginObject::~PluginObject() {
  if (object_ != nullptr) type_->plugin().destroy(object_);
}

PollOutcome PluginObject::Poll(const std::vector<bool>& due, MonoTime deadline) {
  pillion_poll poll(clock_, &builder_, &interrupter_, &due, !type_->has_collector_table(),
                    deadline);
  builder_.Reset();
  builder_.drops() = {};
  const MonoTime began = clock_->Now();
  if (poll.implicit_collector) {
    poll.open = 0;
    poll.opened = began;
  }
  std::string text(kErrorBytesMax, '\0');
  pillion_buffer error{text.data(), text.size(), 0};
  const uint32_t reason = type_->plugin().poll(object_, &poll, &error);
  PollOutcome& outcome = poll.outcome;
  outcome.reason =
      reason <= PILLION_REASON_INTERNAL ? static_cast<Reason>(reason) : Reason::kInternal;
  if (!outcome.ok()) outcome.message = Filled(text, error);
  poll.Finish(outcome.reason);
  outcome.ended = clock_->Now();
  outcome.ended_unix = clock_->UnixSeconds();
  outcome.duration = outcome.ended - began;
  return std::move(outcome);
}

void PluginObject::Interrupt() {
  interrupter_.Interrupt();
  if (type_->plugin().interrupt != nullptr) type_->plugin().interrupt(object_);
}

}  // namespace pillion
