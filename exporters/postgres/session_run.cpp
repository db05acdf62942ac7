#include "session_run.hpp"

#include <string>
#include <utility>

#include "failure.hpp"
#include "pipeline.hpp"

namespace pillion::postgres {
namespace {

Result<void> Send(const SessionRun& run, Plan& plan, Nap* nap) {
  if (plan.steps.empty()) return {};
  for (size_t i = 0; i < plan.steps.size(); ++i) plan.expected[i].sync = plan.steps[i].sync;
  run.collecting.Expect(std::move(plan.expected));
  return RunPipeline(run.ctx, run.connection, plan.steps, run.until, run.collecting, nap);
}

}  // namespace

bool IsAnyDue(const PollContext& ctx, uint32_t need) {
  for (uint32_t id = 0; id < kCollectorCount; ++id) {
    if ((kTraits[id].needs & need) && ctx.Due(id)) return true;
  }
  return false;
}

Result<void> RunCollectors(const SessionRun& run, std::vector<uint32_t>& unasked) {
  const PollContext& ctx = run.ctx;
  Session& session = run.session;
  const auto is_wanted = [&](uint32_t id) {
    return (kTraits[id].needs & run.only) == run.only && ctx.Due(id);
  };
  const bool fresh = session.TakeFresh();
  const int backend = PQbackendPID(run.connection.handle());
  Plan plan;
  session.PlanSession(backend, fresh, plan);
  if (run.only == kNeedsNothing && IsAnyDue(ctx, kNeedsReadAllStats)) {
    session.PlanPrivilege(fresh, plan);
  }
  if (run.lists_databases) session.PlanDatabases(fresh, plan);
  bool lacks = false;
  for (uint32_t id = 0; id < kCollectorCount; ++id) {
    lacks = lacks || (is_wanted(id) && session.LacksExtension(id));
  }
  if (lacks) session.PlanExtensions(plan);
  for (uint32_t id = 0; id < kCollectorCount; ++id) {
    if (!is_wanted(id)) continue;
    const Query* query = session.QueryOf(id);
    if (query != nullptr) {
      session.PlanCollector(*query, fresh, session.IsAlone(id, fresh), ctx.CollectorTimeout(id),
                            plan);
    } else if (session.LacksExtension(id)) {
      unasked.push_back(id);  // until it is known where the extension is
    }
  }
  if (auto ran = Send(run, plan, &session.nap()); !ran.ok()) return ran;
  if (fresh && run.collecting.pooled()) session.SetPooled();
  auto later = std::exchange(unasked, {});
  later.insert(later.end(), run.collecting.skipped().begin(), run.collecting.skipped().end());
  Plan again;
  session.PlanSession(backend, false, again);
  for (const uint32_t id : later) {
    if (const Query* query = session.QueryOf(id)) {
      session.PlanCollector(*query, false, true, ctx.CollectorTimeout(id), again);
    }
  }
  return Send(run, again, nullptr);  // of other statements each time
}

void HiddenNotes::Tell(const Collecting& collecting, const Options& options) {
  for (const auto& [collector, traits, values] : collecting.hidden()) {
    if (std::exchange(told_[collector], true)) continue;
    options.Log(PILLION_LOG_WARN, std::to_string(values) + " value(s) of collector " +
                                      std::string(kCollectors[collector].name) +
                                      " are hidden from this role; to mend it: " +
                                      GrantHint(collecting.role(), traits->grant));
  }
}

}  // namespace pillion::postgres
