// PageSelection: which instances and which of their collectors a scrape is to see.
//
// Threads: immutable once made.
#pragma once

#include "http/scrape_plane.hpp"
#include "model/fragment.hpp"
#include "poll/instance_poller.hpp"

#include <pillion/result.hpp>

#include <memory>
#include <string>
#include <vector>

namespace pillion {

using Pollers = std::vector<std::shared_ptr<InstancePoller>>;

struct PageSelection {
  Pollers pollers;
  bool self = false;  // the sidecar's own metrics too
};

// `self`: whether the merged page has them. Errors name what there is: `instance` of the path is
// told apart by Reason::kDns (there is no such name), everything else is a wrong query.
Result<PageSelection> SelectPage(const ScrapeRequest& request, const Pollers& pollers,
                                 SelfMetrics self);

// The snapshot with only the fragments of the collectors that the query asks for, and the host's
// own families.
SnapshotPtr NarrowTo(const PageQuery& query, const ExporterType& type, SnapshotPtr snapshot);

}  // namespace pillion
