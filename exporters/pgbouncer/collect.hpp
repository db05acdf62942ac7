// From the console's answers to samples. Nothing here waits.
#pragma once

#include "answer.hpp"
#include "tables.hpp"

#include <pillion/result.hpp>
#include <pillion/sink.hpp>

#include <cstddef>

namespace pillion::pgbouncer {

struct Settings {
  bool old_names = false;
  size_t client_groups_max = 1000;
};

// What a collector asks.
const char* CommandOf(CollectorId collector);

// What it makes of the answer. kProtocol: a column is missing that must be there.
Result<void> Collect(CollectorId collector, const Answer& answer, const Settings& settings,
                     Sink& sink);

}  // namespace pillion::pgbouncer
