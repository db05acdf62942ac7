// From an answer to samples. Pure but for the sink.
#pragma once

#include "tables.hpp"

#include <pillion/sink.hpp>

#include <cstddef>
#include <string_view>

namespace pillion::memcached {

constexpr size_t kUnknownMax = 1000;  // fields without a family that one answer may export

// `stats`: what the collector's command was answered, as AnswerReader keeps it.
void Collect(CollectorId collector, std::string_view stats, bool include_unknown, Sink& sink);

}  // namespace pillion::memcached
