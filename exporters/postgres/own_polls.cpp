#include "own_polls.hpp"

#include <chrono>
#include <string_view>

#include "metrics.hpp"

namespace pillion::postgres {
namespace {

Family FamilyOf(std::string_view name) {
  const auto metrics = Metrics();
  uint32_t i = 0;
  while (metrics[i].name != name) ++i;  // all names asked for are in the table
  return Family(i);
}

}  // namespace

OwnPolls::OwnPolls()
    : duration_(FamilyOf("pg_exporter_last_scrape_duration_seconds")),
      error_(FamilyOf("pg_exporter_last_scrape_error")),
      polls_total_(FamilyOf("pg_exporter_scrapes_total")) {}

void OwnPolls::Begin(MonoTime now) {
  begun_ = now;
  ++polls_;
}

void OwnPolls::Show(MonoTime now, Sink& sink) const {
  sink.Add(duration_, std::chrono::duration<double>(now - begun_).count());
  sink.Add(error_, 0);
  sink.Add(polls_total_, polls_);
}

}  // namespace pillion::postgres
