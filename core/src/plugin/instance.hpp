// What a plugin's `pillion_instance*` points to, and the table of host functions.
#pragma once

#include "config/config.hpp"
#include "plugin/clock.hpp"
#include "plugin/exporter_type.hpp"
#include "plugin/instance_secrets.hpp"

#include <pillion/plugin.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// A struct of the core with the ABI's name. Belongs to one PluginObject.
struct pillion_instance {
  static constexpr uint32_t kLogLinesPerMinuteMax = 60;
  static constexpr size_t kComplaintsMax = 32;
  static constexpr size_t kComplaintBytesMax = 1024;  // then cut
  static constexpr size_t kDeclaredCollectorsMax = 256;
  static constexpr size_t kCollectorNameBytesMax = 128;
  // kTrial: an object that is made only to hear what create says about the options.
  // kCheck: it is asked about its target, to hear what it says.
  enum class Phase { kTrial, kCreate, kLife, kCheck };

  pillion_instance(pillion::ExporterTypePtr type_in,
                   std::shared_ptr<const pillion::InstanceConfig> config_in,
                   const pillion::Clock* clock_in);

  // Also `labels`, which no option can be called: those of the instance.
  void Option(std::string_view name, pillion_value* out) const;
  void WriteLog(uint32_t level, std::string_view message);
  void Complain(pillion::InstanceComplaint complaint);
  void RecordField(std::string_view option, size_t index, std::string_view field,
                   pillion_value* out) const;
  // In a trial it collects what is declared; in the create of an object for use it looks the name
  // up among what the trial has declared, which the type then knows.
  uint32_t AddCollector(const pillion_collector& collector);

  pillion::ExporterTypePtr type;
  std::shared_ptr<const pillion::InstanceConfig> config;
  const pillion::Clock* clock;
  // The C forms of lists of the configuration.
  std::map<const std::vector<std::string>*, std::vector<pillion_str>> lists;
  pillion::MonoTime minute_began{0};
  uint32_t lines_this_minute = 0;
  pillion::InstanceSecrets secrets;
  Phase phase = Phase::kLife;
  // Of create: options that it refuses, and lines that it logs as warnings or errors.
  std::vector<pillion::InstanceComplaint> complaints;
  std::vector<pillion::CollectorInfo> declared;  // of a trial

 private:
  void Keep(const pillion::OptionValue& value);
  void Fill(const pillion::OptionValue* from, pillion_value* out) const;

  pillion::OptionValue labels_;
};

namespace pillion {

// The one table of the process.
const pillion_host& HostTable();

}  // namespace pillion
