// Write an exporter: a class with a constructor, one Poll, and one macro line.
//
//   #include <pillion/exporter.hpp>
//   using namespace pillion;
//
//   constexpr Metric kMetrics[] = {
//       {.name = "demo_answer", .help = "The answer."},
//   };
//   class Demo {
//    public:
//     explicit Demo(const Options&) {}
//     Result<void> Poll(PollContext&, Sink& sink) { sink.Add(0, 42); return {}; }
//   };
//   PILLION_EXPORTER(Demo, .type = "demo", .summary = "A demonstration.", .metrics = kMetrics)
//
// Rules
//   - The constructor takes (const Options&), opens no connection, and throws if the options don't
//     fit: OptionError(name, why), which the operator reads at that option's place in the
//     configuration, or any std::exception if it is about none in particular. Keep a copy of the
//     Options object if you need it later (for Secret(), above all).
//   - Poll is called by one thread at a time, always with a deadline. A failed Result means that
//     the target as a whole could not be read. An exception counts as kInternal; it never
//     crosses the border.
//   - A second object may be made for the slow lane: keep state in members, not in globals.
//   - Optional: `Result<void> Check(PollContext&)`, for `pillion check --connect`: asks the target
//     what the constructor cannot know and says what it finds by Options::Refuse, Record::Refuse
//     and, as warnings, Options::Log.
//   - Optional: `void Interrupt()`, called from another thread to make a running Poll return,
//     for libraries that hide their descriptor.
#pragma once

#include <pillion/plugin.h>
#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/result.hpp>
#include <pillion/sink.hpp>
#include <pillion/tables.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <span>
#include <string_view>

namespace pillion {

struct ExporterInfo {
  std::string_view type;
  std::string_view version = "0";
  std::string_view summary = {};
  std::span<const Option> options = {};
  std::span<const Collector> collectors = {};  // none: one, called "default"
  std::span<const Metric> metrics = {};
  std::string_view up_name = {};  // "pg_up"; the host emits it
  std::string_view up_help = {};
  std::string_view collector_success_name = {};  // peers' names, label `collector`
  std::string_view collector_duration_name = {};
};

namespace detail {

inline void Fill(pillion_buffer* buffer, std::string_view text) {
  if (buffer == nullptr) return;
  buffer->size = text.size();
  const size_t fits = std::min(text.size(), buffer->capacity);
  if (fits != 0) std::memcpy(buffer->data, text.data(), fits);
}

// The border of Poll and Check: gives the reason of the result that `body` returns, and its message
// in `error`. An exception is kInternal; `unknown` stands for one that says nothing of itself.
template <typename Body>
uint32_t Guard(std::string_view unknown, pillion_buffer* error, Body&& body) noexcept {
  try {
    const Result<void> result = body();
    if (result.ok()) return PILLION_REASON_OK;
    Fill(error, result.error().message);
    return static_cast<uint32_t>(result.error().reason);
  } catch (const std::exception& e) {
    Fill(error, e.what());
  } catch (...) {
    Fill(error, unknown);
  }
  return PILLION_REASON_INTERNAL;
}

template <typename T>
struct PluginOf {
  struct Object {
    Object(const pillion_host* h, pillion_instance* i) : host(h), exporter(Options(h, i)) {}
    const pillion_host* host;
    T exporter;
  };

  static void* Create(const pillion_host* host, pillion_instance* instance,
                      pillion_buffer* error) noexcept {
    try {
      return new Object(host, instance);
    } catch (const OptionError& e) {
      // A host that is older than this header has no place for it: then the text says all.
      constexpr size_t kNeeded = offsetof(pillion_host, refuse_option) + sizeof(void*);
      if (host->size >= kNeeded) host->refuse_option(instance, ToStr(e.option()), ToStr(e.why()));
      Fill(error, e.what());
    } catch (const std::exception& e) {
      Fill(error, e.what());
    } catch (...) {
      Fill(error, "unknown exception in the constructor");
    }
    return nullptr;
  }

  static uint32_t Poll(void* self, pillion_poll* poll, pillion_buffer* error) noexcept {
    return Guard("unknown exception in Poll", error, [&] {
      auto* object = static_cast<Object*>(self);
      PollContext context(object->host, poll);
      Sink sink(object->host, poll);
      return object->exporter.Poll(context, sink);
    });
  }

  static uint32_t Check(void* self, pillion_poll* poll, pillion_buffer* error) noexcept {
    if constexpr (requires(T & t, PollContext & c) { t.Check(c); }) {
      return Guard("unknown exception in Check", error, [&] {
        auto* object = static_cast<Object*>(self);
        PollContext context(object->host, poll);
        return object->exporter.Check(context);
      });
    }
    return PILLION_REASON_OK;
  }

  static void Interrupt(void* self) noexcept {
    if constexpr (requires(T & t) { t.Interrupt(); }) {
      try {
        static_cast<Object*>(self)->exporter.Interrupt();
      } catch (...) {  // the poll still ends at its deadline
      }
    }
  }

  static void Destroy(void* self) noexcept {
    try {
      delete static_cast<Object*>(self);
    } catch (...) {  // a destructor that throws must not take the process down
    }
  }

  // REQUIRES: everything that `info` points to lives as long as the process.
  static const pillion_plugin* Describe(const ExporterInfo& info) noexcept {
    static const TablesInC tables(info.options, info.collectors, info.metrics);
    static const pillion_plugin plugin = [&] {
      pillion_plugin p{};
      p.size = sizeof p;
      p.abi_version = PILLION_ABI_VERSION;
      p.type = ToStr(info.type);
      p.version = ToStr(info.version);
      p.summary = ToStr(info.summary);
      tables.Describe(p);
      p.up_name = ToStr(info.up_name);
      p.up_help = ToStr(info.up_help);
      p.collector_success_name = ToStr(info.collector_success_name);
      p.collector_duration_name = ToStr(info.collector_duration_name);
      p.create = &Create;
      p.poll = &Poll;
      if constexpr (requires(T & t) { t.Interrupt(); }) p.interrupt = &Interrupt;
      p.destroy = &Destroy;
      if constexpr (requires(T & t, PollContext & c) { t.Check(c); }) p.check = &Check;
      return p;
    }();
    return &plugin;
  }
};

}  // namespace detail
}  // namespace pillion

// The name of the entry function. pillion_add_exporter() sets it for an exporter that is linked
// in, so that several can live in one binary.
#ifndef PILLION_ENTRY
#define PILLION_ENTRY pillion_plugin_entry
#endif

#define PILLION_EXPORTER(Class, ...)                                                           \
  extern "C" __attribute__((visibility("default"))) const pillion_plugin* PILLION_ENTRY();     \
  extern "C" const pillion_plugin* PILLION_ENTRY() {                                           \
    return ::pillion::detail::PluginOf<Class>::Describe(::pillion::ExporterInfo{__VA_ARGS__}); \
  }
