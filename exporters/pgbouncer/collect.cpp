#include "collect.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pillion::pgbouncer {
namespace {

Error Missing(std::string_view column) {
  return {Reason::kProtocol, "the answer has no column `" + std::string(column) + "`"};
}

// Where each column of a row command stands in this version's answer.
std::vector<std::optional<int>> Places(const Answer& answer, const Show& show) {
  std::vector<std::optional<int>> places;
  for (const Column& column : show.columns) {
    auto place = answer.Column(column.name);
    if (!place && !column.older_name.empty()) place = answer.Column(column.older_name);
    places.push_back(place);
  }
  return places;
}

// A row for each database or pool; the first label's column must be there, others may be missing
// in an older version.
Result<void> CollectRows(const Show& show, std::initializer_list<std::string_view> labels,
                         const Answer& answer, std::optional<uint32_t> again, Sink& sink) {
  std::vector<std::optional<int>> label_places;
  for (const std::string_view label : labels) label_places.push_back(answer.Column(label));
  if (!label_places.front()) return Missing(*labels.begin());
  const auto places = Places(answer, show);
  const auto microseconds = answer.Column("maxwait_us");
  std::vector<std::string_view> texts(labels.size());
  for (size_t row = 0; row < answer.rows(); ++row) {
    for (size_t i = 0; i < texts.size(); ++i) texts[i] = answer.Text(row, label_places[i]);
    const Labels block = sink.MakeLabels(show.first, texts);
    for (size_t i = 0; i < places.size(); ++i) {
      auto value = answer.Number(row, places[i]);
      if (!value) continue;
      // The console splits it into whole seconds and the rest.
      if (show.columns[i].name == "maxwait")
        *value += answer.Number(row, microseconds).value_or(0) * 1e-6;
      const double scaled = *value * show.columns[i].factor;
      sink.Add(show.first + static_cast<uint32_t>(i), block, scaled);
      if (again) sink.Add(*again + static_cast<uint32_t>(i), block, scaled);
    }
  }
  return {};
}

// A row for each name.
Result<void> CollectNames(const Show& show, std::string_view names, std::string_view values,
                          const Answer& answer, Sink& sink) {
  const auto name = answer.Column(names);
  const auto value = answer.Column(values);
  if (!name) return Missing(names);
  if (!value) return Missing(values);
  for (size_t row = 0; row < answer.rows(); ++row) {
    for (size_t i = 0; i < show.columns.size(); ++i) {
      if (show.columns[i].name != answer.Text(row, name)) continue;
      const auto number = answer.Number(row, value);
      if (number) sink.Add(show.first + static_cast<uint32_t>(i), *number);
    }
  }
  return {};
}

Result<void> CollectVersion(const Answer& answer, Sink& sink) {
  const auto version = answer.Column("version");
  if (!version || answer.rows() == 0) return Missing("version");
  sink.Add(VersionFamily(), {answer.Text(0, version)}, 1);
  return {};
}

constexpr std::array<std::string_view, 4> kClientColumns = {"database", "user", "application_name",
                                                            "state"};
using Group = std::array<std::string_view, 4>;

Result<void> CollectClients(const Answer& answer, size_t groups_max, Sink& sink) {
  std::array<std::optional<int>, 4> places;
  for (size_t i = 0; i < places.size(); ++i) places[i] = answer.Column(kClientColumns[i]);
  if (!places[0]) return Missing(kClientColumns[0]);
  std::map<Group, double> counts;
  for (size_t row = 0; row < answer.rows(); ++row) {
    Group group;
    for (size_t i = 0; i < group.size(); ++i) group[i] = answer.Text(row, places[i]);
    ++counts[group];
  }
  std::vector<std::pair<Group, double>> groups(counts.begin(), counts.end());
  if (groups.size() > groups_max) {
    // The largest stay; among equals the first by name, so that the choice is the same next time.
    std::stable_sort(groups.begin(), groups.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    double rest = 0;
    for (size_t i = groups_max - 1; i < groups.size(); ++i) rest += groups[i].second;
    groups.resize(groups_max - 1);
    groups.emplace_back(Group{"overflow", "overflow", "overflow", "overflow"}, rest);
  }
  for (const auto& [group, count] : groups) {
    sink.Add(ClientsFamily(), sink.MakeLabels(ClientsFamily(), std::span(group)), count);
  }
  return {};
}

}  // namespace

const char* CommandOf(CollectorId collector) {
  switch (collector) {
    case kVersion: return "SHOW VERSION";
    case kClients: return "SHOW CLIENTS";
    default: return ShowOf(collector).command.data();  // a literal
  }
}

Result<void> Collect(CollectorId collector, const Answer& answer, const Settings& settings,
                     Sink& sink) {
  switch (collector) {
    case kVersion: return CollectVersion(answer, sink);
    case kDatabases:
      return CollectRows(ShowOf(kDatabases),
                         {"name", "host", "port", "database", "force_user", "pool_mode"}, answer,
                         std::nullopt, sink);
    case kPools:
      return CollectRows(ShowOf(kPools), {"database", "user"}, answer, std::nullopt, sink);
    case kStats:
      return CollectRows(ShowOf(kStats), {"database"}, answer,
                         settings.old_names ? std::optional(FirstOldStats()) : std::nullopt, sink);
    case kLists: return CollectNames(ShowOf(kLists), "list", "items", answer, sink);
    case kConfig: return CollectNames(ShowOf(kConfig), "key", "value", answer, sink);
    case kClients: return CollectClients(answer, settings.client_groups_max, sink);
    case kUsers: return CollectRows(ShowOf(kUsers), {"name"}, answer, std::nullopt, sink);
    case kCollectorCount: break;
  }
  return {};
}

}  // namespace pillion::pgbouncer
