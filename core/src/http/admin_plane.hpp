// AdminPlane: the status page and its JSON, on loopback only (civetweb).
//
// Pages are pure functions from a StatusReport to bytes (status_page.hpp). A few threads; none
// when the plane is off. Host must be a loopback name (DNS rebinding through a port-forward).
#pragma once

#include "http/status_page.hpp"

#include <pillion/result.hpp>

#include <functional>
#include <memory>
#include <string>

namespace pillion {

class AdminPlane {
 public:
  // `listen` is "127.0.0.1:PORT" or "localhost:PORT"; port 0 picks one. `report` is called from
  // civetweb's threads.
  AdminPlane(std::string listen, std::function<StatusReport()> report);
  ~AdminPlane();  // Stop()s
  AdminPlane(const AdminPlane&) = delete;
  AdminPlane& operator=(const AdminPlane&) = delete;

  Result<void> Start();
  std::string Address() const;
  void Stop();  // returns within milliseconds, not civetweb's 2 s

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pillion
