// Which families protobuf can say, and how. Pure.
//
// The series must be the ones of text 0.0.4 as Prometheus ingests them. It makes NAME_sum and
// NAME_count of every histogram and summary, known or not, spells every quantile canonically, and
// calls the sum and count of a gauge histogram NAME_sum and NAME_count:
//   counter, gauge, unknown  as they are
//   info, stateset           gauges
//   histogram                needs its sum, and whole counts (Prometheus 2.42 reads no others)
//   summary                  quantiles in 0..1; needs its sum, and a whole count
//   gauge histogram          only if it is native
// Whether a family is native Prometheus 2.42 decides by its first histogram, so either all of a
// family's are written as native ones or none.
#pragma once

#include "exposition/page_plan.hpp"

namespace pillion {

enum class ProtobufForm : uint8_t {
  kTyped,   // as its own type, or as a gauge
  kNative,  // with the fields of a native histogram
  kPlain,   // as families of their own for NAME, NAME_bucket, NAME_sum and the like
};

ProtobufForm ProtobufFormOf(const PlanFamily& family);

}  // namespace pillion
