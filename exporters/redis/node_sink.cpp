#include "node_sink.hpp"

#include "tables.hpp"

#include <algorithm>
#include <array>

namespace pillion::redis {
namespace {

constexpr std::string_view kNode = "node";
constexpr pillion_family kNotYet = PILLION_NO_FAMILY;

// All of a list and one more.
class OneMore {
 public:
  OneMore(const pillion_str* list, size_t count, std::string_view more)
      : count_(std::min(count, list_.size() - 1) + 1) {
    std::copy_n(list, count_ - 1, list_.begin());
    list_[count_ - 1] = ToStr(more);
  }
  const pillion_str* data() const { return list_.data(); }
  size_t size() const { return count_; }

 private:
  std::array<pillion_str, Sink::kLabelsMax + 2> list_{};
  size_t count_;
};

}  // namespace

NodeSink::NodeSink(const PollContext& ctx)
    : ForwardedPoll{ctx.host(), ctx.poll()},
      table_(MakeTable()),
      declared_(MetricTable().size(), kNotYet),
      sink_(&table_, AsPoll()) {}

pillion_host NodeSink::MakeTable() {
  pillion_host table = ForwardingTable();
  table.declare = [](pillion_poll* poll, const pillion_metric* metric) {
    return Of(poll).Declare(*metric);
  };
  table.labels = [](pillion_poll* poll, pillion_family family, const pillion_str* values,
                    size_t count) { return Of(poll).Labels(family, values, count); };
  table.labels_named = [](pillion_poll* poll, const pillion_str* names, const pillion_str* values,
                          size_t count) { return Of(poll).LabelsNamed(names, values, count); };
  table.add = [](pillion_poll* poll, pillion_family family, pillion_labels labels, double value) {
    NodeSink& to = Of(poll);
    const pillion_family declared = to.Declared(family);
    to.host->add(to.poll, declared, to.Own(declared, labels), value);
  };
  table.add_histogram = [](pillion_poll* poll, pillion_family family, pillion_labels labels,
                           const pillion_histogram* value) {
    NodeSink& to = Of(poll);
    const pillion_family declared = to.Declared(family);
    to.host->add_histogram(to.poll, declared, to.Own(declared, labels), value);
  };
  table.add_summary = [](pillion_poll* poll, pillion_family family, pillion_labels labels,
                         const pillion_summary* value) {
    NodeSink& to = Of(poll);
    const pillion_family declared = to.Declared(family);
    to.host->add_summary(to.poll, declared, to.Own(declared, labels), value);
  };
  return table;
}

pillion_family NodeSink::Declared(pillion_family family) {
  if (family >= declared_.size()) return family;
  if (declared_[family] != kNotYet) return declared_[family];
  const Metric& metric = MetricTable()[family];
  const auto labels = pillion::detail::SplitNames(metric.labels);
  const pillion_metric in_c = pillion::detail::ToC(metric, labels);
  return declared_[family] = Declare(in_c);
}

pillion_family NodeSink::Declare(const pillion_metric& metric) {
  const OneMore labels(metric.labels, metric.label_count, kNode);
  pillion_metric with = metric;
  with.labels = labels.data();
  with.label_count = labels.size();
  return host->declare(poll, &with);
}

pillion_labels NodeSink::Own(pillion_family declared, pillion_labels labels) {
  if (labels != PILLION_NO_LABELS) return labels;
  const pillion_str node = ToStr(node_);
  return host->labels(poll, declared, &node, 1);
}

pillion_labels NodeSink::Labels(pillion_family family, const pillion_str* values, size_t count) {
  const OneMore with(values, count, node_);
  return host->labels(poll, Declared(family), with.data(), with.size());
}

pillion_labels NodeSink::LabelsNamed(const pillion_str* names, const pillion_str* values,
                                     size_t count) {
  const OneMore with_name(names, count, kNode);
  const OneMore with_value(values, count, node_);
  return host->labels_named(poll, with_name.data(), with_value.data(), with_name.size());
}

}  // namespace pillion::redis
