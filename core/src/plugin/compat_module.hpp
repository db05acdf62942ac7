// Translators: modules that know another program's command line (<pillion/compat.h>).
#pragma once

#include <pillion/compat.h>
#include <pillion/result.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

class CompatModules {
 public:
  // Those linked in win over files compat/NAME.so in the directories, which are searched in order.
  CompatModules(std::vector<pillion_compat_entry_fn> linked, std::vector<std::string> directories);

  bool Has(std::string_view name) const;
  std::vector<std::string> Names() const;  // sorted; opens nothing

  // Calls `use` with the translator and unloads it behind that: nothing of it may be kept.
  Result<void> Use(std::string_view name,
                   const std::function<void(const pillion_compat&)>& use) const;

 private:
  std::string FindFile(std::string_view name) const;  // empty: there is none

  const std::vector<pillion_compat_entry_fn> linked_;
  const std::vector<std::string> directories_;
};

}  // namespace pillion
