// BuildConfig: LoadConfig without the file system: texts in, configuration and problems out.
// LoadConfig, the tests and the fuzz target share it. Pure, but for what `outside` does.
#pragma once

#include "config/config.hpp"
#include "config/outside.hpp"

#include <string>
#include <vector>

namespace pillion {

struct ConfigText {
  std::string name;  // of the file, for problems
  std::string text;
  std::string unreadable;  // why there is no text; empty: there is
  std::string warning = {};
};

ConfigResult BuildConfig(const std::vector<ConfigText>& texts, const ConfigSource& source,
                         const DescriptorLookup& lookup, const Outside& outside,
                         const InstanceCheck& check = nullptr);

// The texts of all paths of a source, directories listed. Never throws, never fails as a whole.
std::vector<ConfigText> ReadConfigTexts(const std::vector<std::string>& paths);

}  // namespace pillion
