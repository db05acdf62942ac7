#include "tape_sink.hpp"

#include <utility>

namespace pillion::postgres {

TapeSink::TapeSink(const PollContext& ctx, DatabaseStore& store)
    : ForwardedPoll{ctx.host(), ctx.poll()},
      ctx_(ctx),
      store_(store),
      table_(MakeTable()),
      sink_(&table_, AsPoll()) {}

pillion_host TapeSink::MakeTable() {
  pillion_host table = ForwardingTable();
  table.collector_begin = [](pillion_poll* poll, uint32_t collector) { Of(poll).Begin(collector); };
  table.collector_end = [](pillion_poll* poll, uint32_t reason, pillion_str message) {
    Of(poll).End(reason, message);
  };
  table.declare = [](pillion_poll* poll, const pillion_metric* metric) {
    return Of(poll).tape_.Declare(*metric);
  };
  table.labels = [](pillion_poll* poll, pillion_family family, const pillion_str* values,
                    size_t count) { return Of(poll).tape_.MakeLabels(family, values, count); };
  table.add = [](pillion_poll* poll, pillion_family family, pillion_labels labels, double value) {
    Of(poll).tape_.Add(family, labels, value);
  };
  table.add_histogram = [](pillion_poll* poll, pillion_family family, pillion_labels labels,
                           const pillion_histogram* histogram) {
    Of(poll).tape_.Add(family, labels, *histogram);
  };
  // No collector here needs these; they would go past the tape.
  table.labels_named = nullptr;
  table.add_native_histogram = nullptr;
  table.add_summary = nullptr;
  table.exemplar = nullptr;
  table.created = nullptr;
  return table;
}

void TapeSink::Begin(uint32_t collector) {
  collector_ = collector;
  tape_ = {};
}

void TapeSink::End(uint32_t reason, pillion_str message) {
  Result<void> outcome;
  if (reason != PILLION_REASON_OK) {
    outcome = Error{static_cast<Reason>(reason), std::string(ToView(message))};
  }
  store_.Put(*place_, collector_, std::exchange(tape_, {}), std::move(outcome), ctx_);
}

}  // namespace pillion::postgres
