#include "plugin/instance.hpp"

#include "log/log.hpp"
#include "model/name.hpp"

#include <pillion/tables.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

using pillion::CollectorInfo;
using pillion::LogLevel;
using pillion::OptionValue;

pillion_instance::pillion_instance(pillion::ExporterTypePtr type_in,
                                   std::shared_ptr<const pillion::InstanceConfig> config_in,
                                   const pillion::Clock* clock_in)
    : type(std::move(type_in)),
      config(std::move(config_in)),
      clock(clock_in),
      secrets(config, clock) {
  labels_.type = PILLION_OPT_STRING_MAP;
  for (const auto& [name, value] : config->labels) {
    labels_.keys.push_back(name);
    labels_.list.push_back(value);
  }
  Keep(labels_);
  for (const auto& [_, value] : config->options) {
    Keep(value);
    for (const auto& record : value.records) {
      for (const auto& [field, inner] : record) Keep(inner);
    }
  }
}

void pillion_instance::Keep(const OptionValue& value) {
  const auto in_c = [this](const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    std::vector<pillion_str>& list = lists[&texts];
    for (const std::string& text : texts) list.push_back(pillion::ToStr(text));
  };
  in_c(value.list);
  in_c(value.keys);
}

void pillion_instance::Fill(const OptionValue* from, pillion_value* out) const {
  pillion_value value{};
  value.size = out->size;
  if (from != nullptr && from->secret.empty()) {
    value.type = from->type;
    value.flag = from->flag ? 1 : 0;
    value.text = pillion::ToStr(from->text);
    value.integer = from->integer;
    value.number = from->number;
    if (from->type == PILLION_OPT_RECORDS)
      value.integer = static_cast<int64_t>(from->records.size());
    if (const auto list = lists.find(&from->list); list != lists.end()) {
      value.list = list->second.data();
      value.list_size = list->second.size();
    }
    if (const auto keys = lists.find(&from->keys); keys != lists.end()) {
      value.keys = keys->second.data();
    }
  }
  // A plugin of an older header has a shorter struct: fill what it knows.
  std::memcpy(out, &value, std::min(out->size, sizeof value));
}

void pillion_instance::Option(std::string_view name, pillion_value* out) const {
  if (name == "labels") return Fill(&labels_, out);
  const auto at = config->options.find(name);
  Fill(at == config->options.end() ? nullptr : &at->second, out);
}

void pillion_instance::RecordField(std::string_view name, size_t index, std::string_view field,
                                   pillion_value* out) const {
  const auto at = config->options.find(name);
  if (at == config->options.end() || index >= at->second.records.size()) return Fill(nullptr, out);
  const auto& record = at->second.records[index];
  const auto value = record.find(field);
  Fill(value == record.end() ? nullptr : &value->second, out);
}

uint32_t pillion_instance::AddCollector(const pillion_collector& from) {
  // Fields that the plugin's side does not have are zero.
  pillion_collector in{};
  std::memcpy(&in, &from, std::min(sizeof in, from.size));
  CollectorInfo info = pillion::ToCollector(in);
  const auto& known = type->collectors();
  const auto has_name = [&](const CollectorInfo& other) { return other.name == info.name; };
  if (phase == Phase::kCreate) {
    const auto at = std::find_if(known.begin() + static_cast<ptrdiff_t>(type->table_collectors()),
                                 known.end(), has_name);
    return at == known.end() ? PILLION_NO_COLLECTOR : static_cast<uint32_t>(at - known.begin());
  }
  if (phase != Phase::kTrial) return PILLION_NO_COLLECTOR;
  std::string wrong;
  if (!type->has_collector_table()) {
    wrong = "the exporter has no collector table to add one to";
  } else if (declared.size() == kDeclaredCollectorsMax) {
    wrong = "more than " + std::to_string(kDeclaredCollectorsMax) + " collectors are added";
  } else if (!pillion::IsLegacyLabelName(info.name) || info.name.size() > kCollectorNameBytesMax) {
    wrong = "a collector that is added needs a name of a-z, A-Z, 0-9 and _";
  } else if (std::any_of(known.begin(), known.end(), has_name) ||
             std::any_of(declared.begin(), declared.end(), has_name)) {
    wrong = "there are two collectors `" + info.name + "`";
  }
  if (!wrong.empty()) {
    Complain({{}, std::move(wrong)});
    return PILLION_NO_COLLECTOR;
  }
  declared.push_back(std::move(info));
  return static_cast<uint32_t>(known.size() + declared.size() - 1);
}

void pillion_instance::WriteLog(uint32_t level, std::string_view message) {
  // What create warns of is told once, with the problems of the configuration, and not again for
  // each object that is made.
  if (phase != Phase::kLife && level >= PILLION_LOG_WARN) {
    return Complain({{}, std::string(message), /*warning=*/true});
  }
  if (phase == Phase::kTrial || phase == Phase::kCheck) return;
  const pillion::MonoTime now = clock->Now();
  if (now - minute_began >= std::chrono::minutes(1) || lines_this_minute == 0) {
    minute_began = now;
    lines_this_minute = 0;
  }
  if (++lines_this_minute > kLogLinesPerMinuteMax) return;
  const auto known = std::clamp(level, uint32_t{PILLION_LOG_DEBUG}, uint32_t{PILLION_LOG_ERROR});
  pillion::Log(static_cast<LogLevel>(known), message,
               {{"instance", config->SaidName()}, {"exporter", config->type}});
  if (lines_this_minute == kLogLinesPerMinuteMax) {
    pillion::Log(LogLevel::kWarn, "further lines of this instance are left out for a minute",
                 {{"instance", config->SaidName()}});
  }
}

void pillion_instance::Complain(pillion::InstanceComplaint complaint) {
  if (phase == Phase::kLife || complaints.size() == kComplaintsMax) return;
  for (std::string* text : {&complaint.option, &complaint.what, &complaint.field}) {
    if (text->size() > kComplaintBytesMax) text->resize(kComplaintBytesMax);
  }
  complaints.push_back(std::move(complaint));
}
