// The C functions of TestHost. Included by test_host.hpp, which is what a test includes.
#pragma once

#include <pillion/testing/test_host.hpp>

namespace pillion::testing {

inline void TestHost::FillForInstance(pillion_host& h) {
  h.option = [](pillion_instance* i, pillion_str name, pillion_value* out) noexcept {
    if (out->size < sizeof *out) return Of(i).Complain("pillion_value.size is not set");
    Of(i).values_.Read(ToView(name), out);
  };
  h.secret = [](pillion_instance* i, pillion_str name, pillion_buffer* out) noexcept {
    return Of(i).ReadSecret(ToView(name), out);
  };
  h.instance_name = [](pillion_instance* i) noexcept { return ToStr(Of(i).config_.instance); };
  h.log = [](pillion_instance* i, uint32_t level, pillion_str message) noexcept {
    TestHost& self = Of(i);
    const std::lock_guard lock(self.mutex_);
    self.logs_.push_back({level, std::string(ToView(message))});
  };
  h.refuse_option = [](pillion_instance* i, pillion_str name, pillion_str why) noexcept {
    Of(i).RefuseOption(ToView(name), ToView(why));
  };
  h.record = [](pillion_instance* i, pillion_str option, size_t index, pillion_str field,
                pillion_value* out) noexcept {
    if (out->size < sizeof *out) return Of(i).Complain("pillion_value.size is not set");
    Of(i).values_.ReadRecord(ToView(option), index, ToView(field), out);
  };
  h.refuse_record = [](pillion_instance* i, pillion_str option, size_t index, pillion_str field,
                       pillion_str why) noexcept {
    Of(i).RefuseRecord(ToView(option), index, ToView(field), ToView(why));
  };
  h.add_collector = [](pillion_instance* i, const pillion_collector* collector) noexcept {
    return Of(i).AddCollector(*collector);
  };
  h.secrets_changed = [](pillion_instance* i) noexcept { return Of(i).SecretsChanged(); };
  h.secrets_tried = [](pillion_instance* i, uint32_t reason, pillion_str) noexcept {
    Of(i).SecretsTried(reason);
  };
}

inline void TestHost::FillForPoll(pillion_host& h) {
  h.deadline = [](pillion_poll* p) noexcept -> int64_t {
    TestHost* self = Of(p, "deadline");
    return self == nullptr ? 0 : self->deadline_;
  };
  h.clock = [](pillion_poll* p) noexcept -> int64_t {
    TestHost* self = Of(p, "clock");
    return self == nullptr ? 0 : self->Now();
  };
  h.unix_seconds = [](pillion_poll* p) noexcept -> double {
    TestHost* self = Of(p, "unix_seconds");
    if (self == nullptr) return 0;
    if (self->config_.fake_clock) {
      return kFakeUnixSeconds + static_cast<double>(self->Now() - kFakeStart) / 1e9;
    }
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  h.wait = [](pillion_poll* p, int fd, uint32_t events, int64_t until,
              uint32_t* ready) noexcept -> uint32_t {
    TestHost* self = Of(p, "wait");
    if (self == nullptr) return PILLION_WAIT_ERROR;
    return self->Wait(fd, events, until, ready);
  };
  h.resolve = [](pillion_poll* p, pillion_str name, pillion_address* out, size_t capacity,
                 size_t* count) noexcept -> uint32_t {
    TestHost* self = Of(p, "resolve");
    if (self == nullptr) return PILLION_REASON_INTERNAL;
    return self->Resolve(ToView(name), out, capacity, count);
  };

  h.due = [](pillion_poll* p, uint32_t collector) noexcept -> uint32_t {
    TestHost* self = Of(p, "due");
    return self != nullptr && collector < self->due_.size() && self->due_[collector];
  };
  h.collector_timeout = [](pillion_poll* p, uint32_t collector) noexcept -> int64_t {
    TestHost* self = Of(p, "collector_timeout");
    return self == nullptr ? 0 : self->CollectorTimeout(collector);
  };
  h.collector_begin = [](pillion_poll* p, uint32_t collector) noexcept {
    if (TestHost* self = Of(p, "collector_begin")) self->BeginCollector(collector);
  };
  h.collector_end = [](pillion_poll* p, uint32_t reason, pillion_str message) noexcept {
    if (TestHost* self = Of(p, "collector_end")) self->EndCollector(reason, ToView(message));
  };
}

inline void TestHost::FillForSamples(pillion_host& h) {
  h.unchanged = [](pillion_poll* p) noexcept -> uint32_t {
    TestHost* self = Of(p, "unchanged");
    return self != nullptr && self->ShowLast() ? 1 : 0;
  };
  h.declare = [](pillion_poll* p, const pillion_metric* metric) noexcept -> pillion_family {
    TestHost* self = Of(p, "declare");
    return self == nullptr ? PILLION_NO_FAMILY : self->recorder_.Declare(*metric);
  };
  h.labels = [](pillion_poll* p, pillion_family family, const pillion_str* values,
                size_t count) noexcept -> pillion_labels {
    TestHost* self = Of(p, "labels");
    return self == nullptr ? PILLION_NO_LABELS : self->recorder_.MakeLabels(family, values, count);
  };
  h.labels_named = [](pillion_poll* p, const pillion_str* names, const pillion_str* values,
                      size_t count) noexcept -> pillion_labels {
    TestHost* self = Of(p, "labels_named");
    return self == nullptr ? PILLION_NO_LABELS
                           : self->recorder_.MakeNamedLabels(names, values, count);
  };
  h.add = [](pillion_poll* p, pillion_family f, pillion_labels l, double value) noexcept {
    if (TestHost* self = Of(p, "add")) self->recorder_.Add(f, l, value);
  };
  h.add_histogram = [](pillion_poll* p, pillion_family f, pillion_labels l,
                       const pillion_histogram* histogram) noexcept {
    if (TestHost* self = Of(p, "add_histogram")) self->recorder_.AddHistogram(f, l, *histogram);
  };
  h.add_native_histogram = [](pillion_poll* p, pillion_family f, pillion_labels l,
                              const pillion_native_histogram* histogram) noexcept {
    if (TestHost* self = Of(p, "add_native_histogram")) {
      self->recorder_.AddNativeHistogram(f, l, *histogram);
    }
  };
  h.add_summary = [](pillion_poll* p, pillion_family f, pillion_labels l,
                     const pillion_summary* summary) noexcept {
    if (TestHost* self = Of(p, "add_summary")) self->recorder_.AddSummary(f, l, *summary);
  };
  h.exemplar = [](pillion_poll* p, const pillion_exemplar* exemplar) noexcept {
    if (TestHost* self = Of(p, "exemplar")) self->recorder_.Exemplar(*exemplar);
  };
  h.created = [](pillion_poll* p, double unix_seconds) noexcept {
    if (TestHost* self = Of(p, "created")) self->recorder_.Created(unix_seconds);
  };
  h.fact = [](pillion_poll* p, pillion_str name, pillion_str value) noexcept {
    if (TestHost* self = Of(p, "fact")) {
      self->facts_.insert_or_assign(std::string(ToView(name)), std::string(ToView(value)));
    }
  };
}

inline const pillion_host& TestHost::Table() {
  static const pillion_host table = [] {
    pillion_host h{};
    h.size = sizeof h;
    h.abi_version = PILLION_ABI_VERSION;
    FillForInstance(h);
    FillForPoll(h);
    FillForSamples(h);
    return h;
  }();
  return table;
}

}  // namespace pillion::testing
