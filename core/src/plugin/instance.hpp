// What a plugin's `pillion_instance*` points to, and the table of host functions.
#pragma once

#include "config/config.hpp"
#include "plugin/clock.hpp"
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
  // kTrial: an object that is made only to hear what create says about the options.
  enum class Phase { kTrial, kCreate, kLife };

  pillion_instance(std::shared_ptr<const pillion::InstanceConfig> config_in,
                   const pillion::Clock* clock_in);

  void Option(std::string_view name, pillion_value* out) const;
  void WriteLog(uint32_t level, std::string_view message);
  void Complain(std::string_view option, std::string_view what, bool warning);

  std::shared_ptr<const pillion::InstanceConfig> config;
  const pillion::Clock* clock;
  std::map<std::string, std::vector<pillion_str>, std::less<>> lists;  // C forms of list options
  pillion::MonoTime minute_began{0};
  uint32_t lines_this_minute = 0;
  pillion::InstanceSecrets secrets;
  Phase phase = Phase::kLife;
  // Of create: options that it refuses, and lines that it logs as warnings or errors.
  std::vector<pillion::InstanceComplaint> complaints;
};

namespace pillion {

// The one table of the process.
const pillion_host& HostTable();

}  // namespace pillion
