// [probes.NAME]: a table like [exporters.NAME], with `targets` and `default` beside it and with
// what a scraper asks for in place of the address.
#pragma once

#include "config/loading.hpp"

namespace pillion {

// All of [probes] in one file.
void ReadProbes(const Value& section, Loading& loading);

}  // namespace pillion
