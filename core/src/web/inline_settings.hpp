// What [http.tls] and [http.basic_auth] say, as the settings that a web configuration would give.
#pragma once

#include "web/web_settings.hpp"
#include "web/web_source.hpp"

#include <vector>

namespace pillion::web {

// Reads the secrets of now.
WebSettings ReadInline(const WebSource& source, std::vector<WebProblem>& problems);

}  // namespace pillion::web
