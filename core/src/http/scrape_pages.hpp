// What the scrape plane serves besides expositions. Pure functions.
#pragma once

#include "http/request_rules.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pillion {

// A complete page with links to what there is; no JavaScript, nothing from elsewhere.
std::string LandingPageHtml(std::string_view version, const std::vector<std::string>& instances,
                            const ScrapePaths& paths = {});

// Prometheus' HTTP service discovery: one target group per instance. `target` is "host:port".
// __meta_pillion_instance_name is there for relabelling; `tls`: they are to be scraped by https.
std::string SdJson(std::string_view target, const std::vector<std::string>& instances,
                   const ScrapePaths& paths = {}, bool tls = false);

// For a path that doesn't exist.
std::string NotFoundText(const std::vector<std::string>& instances, const ScrapePaths& paths = {});

// For everything but health on a listener that serves only that.
std::string HealthOnlyText();

}  // namespace pillion
