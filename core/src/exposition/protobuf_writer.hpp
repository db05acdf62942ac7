// Protobuf: length-delimited io.prometheus.client.MetricFamily messages.
//
// The series are those of text 0.0.4 (protobuf_form.hpp), but for native histograms: they keep
// their buckets, which text cannot say. Beside them stand the classic buckets of text, for clients
// without native histograms; Prometheus takes one or the other.
//   exemplars  on counters and classic buckets; Prometheus takes a native histogram's from there
//   created    of counters, summaries and histograms: no series of its own here
//   unit       where it is the suffix of the name
// The last two are newer than the schema that Debian 12 carries; older readers skip them.
//
// A message begins with its length, so each family is gone through twice: once to measure, once
// to write. What is kept for it is the size of each label block, and up to 4 MiB of blocks as they
// are written.
#pragma once

#include "exposition/output.hpp"
#include "exposition/page_plan.hpp"

#include <span>

namespace pillion {

void WriteProtobuf(const PagePlan& plan, Output& out);
// The same of some families.
void WriteProtobufFamilies(FamilyRuns runs, Output& out);

}  // namespace pillion
