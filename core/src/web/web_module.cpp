// The module's one export.
#include "web/guard.hpp"
#include "web/web_source.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pillion::web {
namespace {

std::unique_ptr<PageGuard> OpenIt(const WebSource& source, WebHooks hooks,
                                  std::vector<WebProblem>& problems) {
  Loaded loaded = Load(source);
  std::copy(loaded.problems.begin(), loaded.problems.end(), std::back_inserter(problems));
  if (!loaded.good()) return nullptr;
  return std::make_unique<Guard>(source, std::move(hooks), std::move(loaded));
}

constexpr WebModule kModule{kWebModuleVersion, OpenIt};

}  // namespace
}  // namespace pillion::web

extern "C" [[gnu::visibility("default")]] const pillion::WebModule* pillion_web_module() {
  return &pillion::web::kModule;
}
