// What a scraper may ask for in /probe?target=..., and which of it an operator lets through.
//
// A target is HOST, HOST:PORT or a path, perhaps with SCHEME:// before it and /NAME behind it. It
// can hold no user, no password and no parameter: what a target is asked with is the operator's
// alone. Pure; fed by strangers.
#pragma once

#include "config/config.hpp"

#include <pillion/result.hpp>

#include <string>
#include <string_view>

namespace pillion {

// Empty if `target` is one, else what is wrong with it. Never repeats it.
std::string WrongTarget(std::string_view target);

// Empty if `pattern` is one, else what is wrong with it: a target without a scheme, in which `*`
// stands for any characters but `.`, `:` and `/`, `?` for one of them, and `**` for any at all.
std::string WrongTargetPattern(std::string_view pattern);

// Whether the whole of the target behind its scheme fits. REQUIRES: both are right.
bool FitsTarget(std::string_view pattern, std::string_view target);

// A target that fits the pattern, to try a configuration with.
std::string SampleTarget(std::string_view pattern);

// What stands for one target, however it was written, or why there is none. An address that says
// more than kTargetMark says the scheme as well: that of the target is then left out.
Result<std::string> ProbeAddress(const ProbeConfig& probe, std::string_view target);

// The instance that reads a target. REQUIRES: ProbeAddress(probe, target).ok()
InstanceConfig ProbeInstance(const ProbeConfig& probe, std::string_view target);

}  // namespace pillion
