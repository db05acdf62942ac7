#include "fuzz_input.hpp"

#include "memcached/answers.hpp"
#include "memcached/collect.hpp"

#include <pillion/sink.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace pillion::memcached::testing {
namespace {

constexpr pillion_family kDeclared = 1'000'000;

void Must(bool rule, const char* text) {
  if (rule) return;
  std::fprintf(stderr, "broken: %s\n", text);
  std::abort();
}

// A host that reads every byte it is given and keeps nothing.
struct Eyes {
  uint64_t seen = 0;
  size_t samples = 0;
  void Look(pillion_str text) {
    for (size_t i = 0; i < text.size; ++i) seen += static_cast<unsigned char>(text.data[i]);
  }
};

Eyes& Of(pillion_poll* poll) { return *reinterpret_cast<Eyes*>(poll); }

pillion_host MakeHost() {
  pillion_host host{};
  host.size = sizeof host;
  host.declare = [](pillion_poll* poll, const pillion_metric* metric) -> pillion_family {
    Of(poll).Look(metric->name);
    return kDeclared;
  };
  host.labels = [](pillion_poll* poll, pillion_family family, const pillion_str* values,
                   size_t count) -> pillion_labels {
    if (family != kDeclared) {
      Must(family < MetricTable().size(), "the family is in the table");
      const std::string_view names = MetricTable()[family].labels;
      Must(!names.empty(), "a family with labels");
      Must(count == 1 + static_cast<size_t>(std::count(names.begin(), names.end(), ',')),
           "as many values as labels");
    }
    for (size_t i = 0; i < count; ++i) Of(poll).Look(values[i]);
    return 1;
  };
  host.add = [](pillion_poll* poll, pillion_family family, pillion_labels labels, double value) {
    Must(family < MetricTable().size() || family == kDeclared, "the family is in the table");
    if (family != kDeclared) {
      const bool wanted = !MetricTable()[family].labels.empty();
      Must(wanted == (labels != PILLION_NO_LABELS), "labels where the family has some");
    }
    Must(value - value == 0, "values are numbers");
    ++Of(poll).samples;
  };
  return host;
}

}  // namespace

void TryAnswers(std::string_view input) {
  const size_t awaited = input.empty() ? 1 : 1 + static_cast<unsigned char>(input[0]) % 4;
  const size_t piece = input.size() < 2 ? 1 : 1 + static_cast<unsigned char>(input[1]) % 64;
  input.remove_prefix(std::min<size_t>(input.size(), 2));
  AnswerReader reader(awaited);
  while (!input.empty()) {
    const std::string chunk(input.substr(0, piece));  // of its own: a step beyond its end is seen
    input.remove_prefix(chunk.size());
    if (!reader.Take(chunk).ok()) break;
    Must(reader.bytes() <= AnswerReader::kBytesMax, "no more bytes than allowed");
  }
  const pillion_host host = MakeHost();
  size_t stats = 0;
  for (const Answer& answer : reader.answers()) {
    Must(answer.complete || answer.outcome.ok(), "an error ends its answer");
    stats += answer.stats.size();
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      Eyes eyes;
      Sink sink(&host, reinterpret_cast<pillion_poll*>(&eyes));
      Collect(static_cast<CollectorId>(id), answer.stats, true, sink);
      Must(eyes.samples <= answer.stats.size() + 2, "no more samples than stats");
    }
  }
  Must(stats <= reader.bytes(), "no more text than came");
}

}  // namespace pillion::memcached::testing
