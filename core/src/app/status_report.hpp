// From the pollers' states to what the status page shows.
#pragma once

#include "http/status_page.hpp"
#include "poll/instance_poller.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace pillion {

StatusReport MakeStatusReport(const std::vector<std::shared_ptr<InstancePoller>>& pollers,
                              std::string_view version, double started_unix, double now_unix,
                              std::vector<std::string> addresses,
                              std::vector<std::string> left_out);

}  // namespace pillion
