#include "node_failures.hpp"

#include <utility>

namespace pillion::redis {

void NodeFailures::Run::Add(std::string_view node, const Result<void>& outcome) {
  if (outcome.ok()) {
    any_ = true;
  } else {
    failed_.emplace(node, outcome.error());
  }
}

Result<void> NodeFailures::Run::End() {
  const std::string_view name = CollectorTable()[collector_].name;
  std::set<std::string> told;
  std::set<std::string>& before = all_.told_[collector_];
  for (const auto& [node, error] : failed_) {
    if (any_ && before.count(node) == 0) {  // else the host tells
      all_.options_.Log(PILLION_LOG_WARN, "collector `" + std::string(name) + "` fails on " + node +
                                              " and works on others: " + error.message);
    }
    if (any_) told.insert(node);
  }
  before = std::move(told);
  if (any_ || failed_.empty()) return {};
  const auto& [node, error] = *failed_.begin();
  return Error{error.reason, node + ": " + error.message};
}

}  // namespace pillion::redis
