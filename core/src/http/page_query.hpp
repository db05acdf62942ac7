// PageQuery: what the query of a scrape asks to see. Pure; fed by strangers.
//
//   exporter=TYPE, instance=NAME   only these instances
//   collect[]=NAME, exclude[]=NAME only these collectors, or all but these
//   name[]=FAMILY                  only these families, or the ones these samples belong to
//
// Each may be given several times. The brackets may be left out or put on any of them. Other
// parameters mean nothing here.
#pragma once

#include <pillion/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

struct PageQuery {
  static constexpr size_t kValuesMax = 1000;  // of all parameters together

  std::vector<std::string> exporters, instances, collect, exclude, names;
};

// `query`: what stands behind the question mark. Errors: a broken escape, collect[] beside
// exclude[], too many values.
Result<PageQuery> ParsePageQuery(std::string_view query);

// What the query of a probe asks for beside the page: the target, and the probe that reads it.
//
//   target=TARGET                once
//   module=NAME, auth_module=NAME at most one; empty or left out: the only one there is
struct ProbeQuery {
  std::string target, module;
};

// Errors: a broken escape, no target, more than one of a kind.
Result<ProbeQuery> ParseProbeQuery(std::string_view query);

}  // namespace pillion
