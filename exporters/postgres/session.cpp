#include "session.hpp"

#include <algorithm>

#include "databases/list.hpp"
#include "databases/patterns.hpp"
#include "value.hpp"

namespace pillion::postgres {
namespace {

using Purpose = Collecting::Purpose;

// "pillion_00" and so on: one per collector, then the questions for privileges and databases.
constexpr auto kStatementNames = [] {
  std::array<std::array<char, 11>, kCollectorCount + 2> names{};
  for (size_t i = 0; i < names.size(); ++i) {
    names[i] = {'p', 'i', 'l', 'l', 'i', 'o', 'n', '_'};
    names[i][8] = static_cast<char>('0' + i / 10);
    names[i][9] = static_cast<char>('0' + i % 10);
  }
  return names;
}();
static_assert(kCollectorCount < 98);

}  // namespace

std::string InMilliseconds(std::chrono::nanoseconds duration) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return std::to_string(std::max<int64_t>(count, 1));
}

Session::Session(const Wanted& wanted)
    : include_(ArrayLiteral(LikePatterns(wanted.shape.include))),
      exclude_(ArrayLiteral(LikePatterns(wanted.shape.exclude))),
      ranks_(std::to_string(StickyTop::kRanksPerShown * wanted.statements_shown)),
      text_(std::to_string(wanted.statement_text)),
      parameters_{include_.c_str(), exclude_.c_str(), ranks_.c_str(), text_.c_str()},
      shape_(wanted.shape),
      readers_(shape_, wanted.statements_shown) {}

void Session::Start(int major, std::string server, std::string database, Bounds bounds) {
  fresh_ = true;
  major_ = major;
  bounds_ = std::move(bounds);
  shape_.compat.server = std::move(server);
  shape_.database = std::move(database);
  pooled_ = false;
  prepared_ = {};
  quick_ = {};
  readers_.Forget();
  extensions_.Forget();
  for (uint32_t id = 0; id < kCollectorCount; ++id) {
    queries_[id] = SelectQuery(static_cast<CollectorId>(id), major_);
  }
  nap_ = {};
}

void Session::SetPooled() { pooled_ = true; }

const Query* Session::QueryOf(uint32_t id) const {
  const std::string_view name = kTraits[id].extension;
  if (name.empty()) return queries_[id];
  const Extension* extension = extensions_.Find(name);
  if (extension == nullptr) return nullptr;
  return SelectQuery(static_cast<CollectorId>(id), major_, extension->version);
}

bool Session::LacksExtension(uint32_t id) const {
  const std::string_view name = kTraits[id].extension;
  return !name.empty() && queries_[id] != nullptr && extensions_.Find(name) == nullptr;
}

std::optional<Error> Session::WhyNothing(uint32_t id, const std::string& database) const {
  const std::string name(kTraits[id].extension);
  if (name.empty() || queries_[id] == nullptr) return {};
  const Extension* extension = extensions_.Find(name);
  const std::string where = " in database " + database;
  if (extension == nullptr) {
    return Error{Reason::kVersion, "the extension " + name + " is not there; to mend it:" +
                                       " CREATE EXTENSION " + name + where};
  }
  return Error{Reason::kVersion, "the extension " + name + " is too old; to mend it:" +
                                     " ALTER EXTENSION " + name + " UPDATE" + where};
}

void Session::PlanSession(int backend, bool fresh, Plan& plan) const {
  plan.setting_sql = fresh ? SessionSql(major_) : transaction_sql_;
  plan.backend = std::to_string(backend);
  plan.setting_parameters = {bounds_.statement_timeout.c_str(), bounds_.lock_timeout.c_str(),
                             plan.backend.c_str()};
  const std::span<const char* const> parameters = plan.setting_parameters;
  plan.setting = {plan.setting_sql.c_str(), fresh ? parameters : parameters.first(2)};
  if (!fresh) return;
  plan.steps.push_back({.main = plan.setting});
  plan.expected.push_back({.purpose = Purpose::kSession});
}

void Session::PlanPrivilege(bool fresh, Plan& plan) {
  plan.steps.push_back({.main = {kPrivilegeSql}, .sync = fresh || pooled_});
  Keep(plan, kPrivilegeSlot, fresh);
  plan.expected.push_back({.purpose = Purpose::kPrivilege});
}

void Session::PlanDatabases(bool fresh, Plan& plan) {
  plan.steps.push_back({.main = {DatabaseList::kSql}, .sync = fresh || pooled_});
  Keep(plan, kDatabasesSlot, fresh);
  plan.expected.push_back({.purpose = Purpose::kDatabases});
}

void Session::PlanExtensions(Plan& plan) const {
  plan.steps.push_back({.main = {Extensions::kSql}});
  if (pooled_) plan.steps.back().before = &plan.setting;
  plan.expected.push_back({.purpose = Purpose::kExtensions});
}

const Statement* Session::SettingWith(std::chrono::nanoseconds timeout, Plan& plan) const {
  OwnTimeout& own = plan.own_timeouts.emplace_back();
  own.milliseconds = InMilliseconds(timeout);
  own.parameters = {own.milliseconds.c_str(), bounds_.lock_timeout.c_str()};
  own.setting = {transaction_sql_.c_str(), own.parameters};
  return &own.setting;
}

void Session::PlanCollector(const Query& query, bool fresh, bool alone,
                            std::chrono::nanoseconds timeout, Plan& plan) {
  alone = alone || timeout.count() > 0;
  const uint32_t id = query.collector;
  const CollectorTraits& traits = kTraits[id];
  // pg_locks would show what the statements before it hold until their transaction ends.
  const bool begins = alone || id == kLocks;
  if (begins && !plan.steps.empty()) plan.steps.back().sync = true;
  const bool row_by_row = (traits.needs & kRowByRow) && !readers_.WasSmall(query.collector);
  plan.steps.push_back({.main = {query.sql}, .row_by_row = row_by_row, .sync = alone});
  Step& step = plan.steps.back();
  if (const Extension* extension = extensions_.Find(traits.extension)) {
    sql_[id] = InSchema(query.sql, extension->schema);
    step.main.sql = sql_[id].c_str();
  }
  const std::span<const char* const> parameters = parameters_;
  if (traits.needs & kTakesDatabases) step.main.parameters = parameters.first(2);
  if (traits.needs & kTakesTop) step.main.parameters = parameters;
  Reader& reader = readers_.Start(query);
  if (!reader.Parameters().empty()) step.main.parameters = reader.Parameters();
  Keep(plan, id, fresh);
  if (timeout.count() > 0) step.before = SettingWith(timeout, plan);
  plan.expected.push_back(
      {.purpose = Purpose::kCollector, .collector = id, .traits = &traits, .reader = &reader});
}

// From the second poll on the last step is prepared, or, behind a pooler, has its settings sent
// along: only the first poll's answer says which.
void Session::Keep(Plan& plan, uint32_t slot, bool fresh) {
  if (fresh) return;
  Step& step = plan.steps.back();
  if (pooled_) {
    step.before = &plan.setting;
  } else {
    step.name = kStatementNames[slot].data();
    step.is_prepared = &prepared_[slot];
  }
}

void Session::PollBegins() {
  prepared_before_ = prepared_;
  if (!pooled_) return;
  readers_.Forget();  // the next answer may be another server's
  extensions_.Forget();
  nap_ = {};
}

bool Session::PollEnded(const PollContext& ctx, const Collecting& collecting) {
  for (uint32_t id = 0; id < kCollectorCount; ++id) {
    if (ctx.Due(id)) quick_[id] = collecting.WasQuick(id);
  }
  for (size_t i = 0; i < prepared_.size(); ++i) {
    if (prepared_before_[i] && !prepared_[i]) return false;
  }
  return !collecting.extensions_changed();
}

}  // namespace pillion::postgres
