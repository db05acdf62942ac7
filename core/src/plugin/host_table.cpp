#include "plugin/instance.hpp"
#include "plugin/poll_session.hpp"

#include <pillion/tables.hpp>

using pillion::DropReason;
using pillion::FragmentBuilder;
using pillion::Reason;
using pillion::ToView;

namespace {

// An exception must not cross the border; what can be thrown here is bad_alloc, and then the
// sample or the line is lost, not the process.
template <typename Body>
bool Guard(Body&& body) noexcept {
  try {
    body();
    return true;
  } catch (...) {
    return false;
  }
}

// The same for what belongs to the open collector.
template <typename Body>
void GuardRun(pillion_poll* poll, Body&& body) noexcept {
  if (!Guard(body)) poll->incomplete = true;
}

Reason ToReason(uint32_t reason) {
  return reason <= PILLION_REASON_INTERNAL ? static_cast<Reason>(reason) : Reason::kInternal;
}

void GetOption(pillion_instance* instance, pillion_str name, pillion_value* out) {
  instance->Option(ToView(name), out);
}

uint32_t GetSecret(pillion_instance* instance, pillion_str name, pillion_buffer* out) {
  uint32_t reason = PILLION_REASON_INTERNAL;
  Guard([&] { reason = instance->secrets.Read(ToView(name), out); });
  return reason;
}

uint32_t SecretsChanged(pillion_instance* instance) {
  bool changed = false;
  Guard([&] { changed = instance->secrets.Changed(); });
  return changed ? 1 : 0;
}

void SecretsTried(pillion_instance* instance, uint32_t reason, pillion_str message) {
  Guard([&] { instance->secrets.Tried(ToReason(reason), ToView(message)); });
}

pillion_str InstanceName(pillion_instance* instance) {
  return pillion::ToStr(instance->config->name);
}

void WriteLog(pillion_instance* instance, uint32_t level, pillion_str message) {
  Guard([&] { instance->WriteLog(level, ToView(message)); });
}

void RefuseOption(pillion_instance* instance, pillion_str name, pillion_str why) {
  Guard([&] { instance->Complain({std::string(ToView(name)), std::string(ToView(why))}); });
}

void GetRecord(pillion_instance* instance, pillion_str option, size_t index, pillion_str field,
               pillion_value* out) {
  instance->RecordField(ToView(option), index, ToView(field), out);
}

void RefuseRecord(pillion_instance* instance, pillion_str option, size_t index, pillion_str field,
                  pillion_str why) {
  Guard([&] {
    instance->Complain({.option = std::string(ToView(option)),
                        .what = std::string(ToView(why)),
                        .record = index,
                        .field = std::string(ToView(field))});
  });
}

uint32_t AddCollector(pillion_instance* instance, const pillion_collector* collector) {
  uint32_t index = PILLION_NO_COLLECTOR;
  Guard([&] { index = instance->AddCollector(*collector); });
  return index;
}

int64_t Deadline(pillion_poll* poll) { return poll->deadline.count(); }
int64_t Now(pillion_poll* poll) { return poll->clock->Now().count(); }
double UnixSeconds(pillion_poll* poll) { return poll->clock->UnixSeconds(); }

uint32_t Wait(pillion_poll* poll, int fd, uint32_t events, int64_t until, uint32_t* ready) {
  return poll->Wait(fd, events, until, ready);
}

uint32_t Resolve(pillion_poll* poll, pillion_str host, pillion_address* out, size_t capacity,
                 size_t* count) {
  uint32_t reason = PILLION_REASON_INTERNAL;
  Guard([&] { reason = poll->Resolve(ToView(host), out, capacity, count); });
  return reason;
}

uint32_t Due(pillion_poll* poll, uint32_t collector) {
  return collector < poll->due->size() && (*poll->due)[collector] ? 1 : 0;
}

int64_t CollectorTimeout(pillion_poll* poll, uint32_t collector) {
  return poll->CollectorTimeout(collector).count();
}

void CollectorBegin(pillion_poll* poll, uint32_t collector) {
  Guard([&] { poll->Begin(collector); });
}

void CollectorEnd(pillion_poll* poll, uint32_t reason, pillion_str message) {
  const Reason known = ToReason(reason);
  // The collector of a plugin without a table is open for the whole poll, unless it fails.
  if (poll->implicit_collector && known == Reason::kOk) return;
  GuardRun(poll, [&] { poll->End(known, ToView(message)); });
}

uint32_t Unchanged(pillion_poll* poll) { return poll->ShowLast() ? 1 : 0; }

pillion_family Declare(pillion_poll* poll, const pillion_metric* metric) {
  pillion_family family = PILLION_NO_FAMILY;
  GuardRun(poll, [&] {
    if (poll->InCollector()) family = poll->builder->Declare(*metric);
  });
  return family;
}

// A label handle carries the builder's generation above the reference, so that one from an
// earlier collector is refused instead of meaning whatever stands at its place now.
constexpr uint32_t kRefBits = 20;
constexpr pillion_labels kRefMask = (1u << kRefBits) - 1;
constexpr pillion_labels kBadLabels = 0xffffffffu;
static_assert(pillion::FragmentLimits{}.label_blocks_max < kRefMask);

pillion_labels Seal(const FragmentBuilder& builder, pillion::LabelRef ref) {
  if (ref == 0 || ref >= kRefMask) return ref == 0 ? PILLION_NO_LABELS : kBadLabels;
  return ref | static_cast<pillion_labels>(builder.generation() << kRefBits);
}

pillion::LabelRef Unseal(FragmentBuilder& builder, pillion_labels labels) {
  if (labels == PILLION_NO_LABELS || labels == kBadLabels) return labels;
  if (Seal(builder, labels & kRefMask) == labels) return labels & kRefMask;
  builder.drops().Note(DropReason::kLabelMismatch, "labels of an earlier collector");
  return kBadLabels;
}

pillion_labels MakeLabels(pillion_poll* poll, pillion_family family, const pillion_str* values,
                          size_t count) {
  pillion_labels labels = kBadLabels;
  GuardRun(poll, [&] {
    labels = Seal(*poll->builder, poll->builder->MakeLabels(family, values, count));
  });
  return labels;
}

pillion_labels MakeNamedLabels(pillion_poll* poll, const pillion_str* names,
                               const pillion_str* values, size_t count) {
  pillion_labels labels = kBadLabels;
  GuardRun(poll, [&] {
    labels = Seal(*poll->builder, poll->builder->MakeNamedLabels(names, values, count));
  });
  return labels;
}

void Add(pillion_poll* poll, pillion_family family, pillion_labels labels, double value) {
  GuardRun(poll, [&] {
    if (poll->InCollector()) poll->builder->Add(family, Unseal(*poll->builder, labels), value);
  });
}

void AddHistogram(pillion_poll* poll, pillion_family family, pillion_labels labels,
                  const pillion_histogram* histogram) {
  GuardRun(poll, [&] {
    if (poll->InCollector())
      poll->builder->AddHistogram(family, Unseal(*poll->builder, labels), *histogram);
  });
}

void AddNativeHistogram(pillion_poll* poll, pillion_family family, pillion_labels labels,
                        const pillion_native_histogram* histogram) {
  GuardRun(poll, [&] {
    if (poll->InCollector())
      poll->builder->AddNativeHistogram(family, Unseal(*poll->builder, labels), *histogram);
  });
}

void AddSummary(pillion_poll* poll, pillion_family family, pillion_labels labels,
                const pillion_summary* summary) {
  GuardRun(poll, [&] {
    if (poll->InCollector())
      poll->builder->AddSummary(family, Unseal(*poll->builder, labels), *summary);
  });
}

void AddExemplar(pillion_poll* poll, const pillion_exemplar* exemplar) {
  GuardRun(poll, [&] { poll->builder->AddExemplar(*exemplar); });
}

void AddCreated(pillion_poll* poll, double unix_seconds) {
  GuardRun(poll, [&] { poll->builder->AddCreated(unix_seconds); });
}

void AddFact(pillion_poll* poll, pillion_str name, pillion_str value) {
  Guard([&] { poll->AddFact(ToView(name), ToView(value)); });
}

}  // namespace

namespace pillion {

const pillion_host& HostTable() {
  static const pillion_host table = [] {
    pillion_host host{};
    host.size = sizeof host;
    host.abi_version = PILLION_ABI_VERSION;
    host.option = &GetOption;
    host.secret = &GetSecret;
    host.instance_name = &InstanceName;
    host.log = &WriteLog;
    host.deadline = &Deadline;
    host.clock = &Now;
    host.unix_seconds = &UnixSeconds;
    host.wait = &Wait;
    host.resolve = &Resolve;
    host.due = &Due;
    host.collector_timeout = &CollectorTimeout;
    host.collector_begin = &CollectorBegin;
    host.collector_end = &CollectorEnd;
    host.declare = &Declare;
    host.labels = &MakeLabels;
    host.labels_named = &MakeNamedLabels;
    host.add = &Add;
    host.add_histogram = &AddHistogram;
    host.add_native_histogram = &AddNativeHistogram;
    host.add_summary = &AddSummary;
    host.exemplar = &AddExemplar;
    host.created = &AddCreated;
    host.fact = &AddFact;
    host.refuse_option = &RefuseOption;
    host.secrets_changed = &SecretsChanged;
    host.secrets_tried = &SecretsTried;
    host.record = &GetRecord;
    host.refuse_record = &RefuseRecord;
    host.add_collector = &AddCollector;
    host.unchanged = &Unchanged;
    return host;
  }();
  return table;
}

}  // namespace pillion
