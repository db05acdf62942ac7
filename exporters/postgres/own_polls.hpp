// OwnPolls: what this exporter says of its own polls, under the names of the peer exporter, whose
// dashboards and alerts ask for them.
#pragma once

#include <pillion/exporter.hpp>

namespace pillion::postgres {

class OwnPolls {
 public:
  OwnPolls();

  // At the begin of each poll.
  void Begin(MonoTime now);
  // At the end of one that is well, inside its collector.
  void Show(MonoTime now, Sink& sink) const;

 private:
  Family duration_, error_, polls_total_;
  MonoTime begun_{};
  double polls_ = 0;
};

}  // namespace pillion::postgres
