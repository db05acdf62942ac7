// What guards the pages: found, opened and made from the configuration.
#pragma once

#include "config/config.hpp"
#include "http/page_guard.hpp"
#include "web/web_source.hpp"

#include <memory>
#include <string>
#include <vector>

namespace pillion {

// What the configuration says, for the guard's module.
WebSource WebSourceOf(const HttpConfig& http);

// Null if the configuration guards nothing, or a problem is an error. The module is looked for in
// core/web.so of each of the exporters' directories; it stays open. What happens to files that are
// read anew goes to the log.
std::unique_ptr<PageGuard> MakePageGuard(const HttpConfig& http,
                                         const std::vector<std::string>& directories,
                                         std::vector<WebProblem>& problems);

}  // namespace pillion
