// An exporter from a lambda without captures: each lambda is a type, hence a plugin, of its own.
//
//   TestHost host(ExporterOf({.type = "t", .metrics = kMetrics},
//                            [](const Options&, PollContext&, Sink& sink) -> Result<void> {
//                              sink.Add(0, 1);
//                              return {};
//                            }));
#pragma once

#include <pillion/exporter.hpp>

namespace pillion::testing {

template <typename Body>
class LambdaExporter {
 public:
  explicit LambdaExporter(const Options& options) : options_(options) {}
  Result<void> Poll(PollContext& context, Sink& sink) { return Body{}(options_, context, sink); }

 private:
  Options options_;
};

template <typename Body>
const pillion_plugin* ExporterOf(const ExporterInfo& info, Body) {
  return pillion::detail::PluginOf<LambdaExporter<Body>>::Describe(info);
}

}  // namespace pillion::testing
