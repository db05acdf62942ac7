#include "app/page_selection.hpp"

#include "app/poller_factory.hpp"

#include <algorithm>
#include <utility>

namespace pillion {
namespace {

using Names = std::vector<std::string>;

bool Has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "no exporter `x`; there are: a b"; empty if all that was asked for is there.
std::string Missing(const char* what, const Names& asked, Names there) {
  std::sort(there.begin(), there.end());
  there.erase(std::unique(there.begin(), there.end()), there.end());
  const auto unknown = std::find_if(asked.begin(), asked.end(),
                                    [&](const std::string& name) { return !Has(there, name); });
  if (unknown == asked.end()) return {};
  std::string message = std::string("no ") + what + " `" + *unknown + "`; there are:";
  for (const std::string& name : there) message += " " + name;
  return message;
}

std::string WrongQuery(const PageQuery& query, const Pollers& pollers, bool self) {
  const auto asked_for = {&query.exporters, &query.instances, &query.collect, &query.exclude};
  if (std::all_of(asked_for.begin(), asked_for.end(), [](const Names* n) { return n->empty(); })) {
    return {};
  }
  Names exporters, instances, collectors;
  for (const auto& poller : pollers) {
    exporters.push_back(poller->config().type);
    instances.push_back(poller->config().name);
    for (const CollectorInfo& info : poller->type().collectors()) collectors.push_back(info.name);
  }
  if (self) {
    exporters.emplace_back(kSelfInstanceName);
    instances.emplace_back(kSelfInstanceName);
  }
  if (auto wrong = Missing("exporter", query.exporters, exporters); !wrong.empty()) return wrong;
  if (auto wrong = Missing("instance", query.instances, instances); !wrong.empty()) return wrong;
  Names asked = query.collect;
  asked.insert(asked.end(), query.exclude.begin(), query.exclude.end());
  return Missing("collector", asked, collectors);
}

bool IsAsked(const PageQuery& query, const std::string& instance, const std::string& exporter) {
  return (query.instances.empty() || Has(query.instances, instance)) &&
         (query.exporters.empty() || Has(query.exporters, exporter));
}

}  // namespace

Result<PageSelection> SelectPage(const ScrapeRequest& request, const Pollers& pollers,
                                 SelfMetrics self) {
  const std::string self_name(kSelfInstanceName);
  PageSelection selection;
  if (request.instance == self_name && self != SelfMetrics::kOff) {
    selection.self = true;
  } else {
    for (const auto& poller : pollers) {
      if (request.instance.empty() || request.instance == poller->config().name) {
        selection.pollers.push_back(poller);
      }
    }
    selection.self = request.instance.empty() && self == SelfMetrics::kMerged;
    if (selection.pollers.empty() && !request.instance.empty()) {
      Names there;
      for (const auto& poller : pollers) there.push_back(poller->config().name);
      if (self != SelfMetrics::kOff) there.push_back(self_name);
      return Error{Reason::kDns, Missing("instance", {request.instance}, std::move(there))};
    }
  }
  const PageQuery& query = request.query;
  if (auto wrong = WrongQuery(query, selection.pollers, selection.self); !wrong.empty()) {
    return Error{Reason::kProtocol, std::move(wrong)};
  }
  std::erase_if(selection.pollers, [&](const auto& poller) {
    return !IsAsked(query, poller->config().name, poller->config().type);
  });
  selection.self = selection.self && IsAsked(query, self_name, self_name);
  const bool narrowed = !query.exporters.empty() || !query.instances.empty();
  if (narrowed && selection.pollers.empty() && !selection.self) {
    return Error{Reason::kProtocol, "no instance is of this name and of this exporter"};
  }
  return selection;
}

SnapshotPtr NarrowTo(const PageQuery& query, const ExporterType& type, SnapshotPtr snapshot) {
  if (query.collect.empty() && query.exclude.empty()) return snapshot;
  auto narrow = std::make_shared<Snapshot>();
  narrow->instance = snapshot->instance;
  narrow->exporter = snapshot->exporter;
  for (const FragmentPtr& fragment : snapshot->fragments) {
    if (fragment->collector != Fragment::kHost) {
      const std::string& name = type.collectors()[fragment->collector].name;
      if (Has(query.exclude, name) || (!query.collect.empty() && !Has(query.collect, name))) {
        continue;
      }
    }
    narrow->fragments.push_back(fragment);
  }
  return narrow;
}

}  // namespace pillion
