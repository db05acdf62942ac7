// Where postgres_exporter finds its servers: DATA_SOURCE_NAME, or DATA_SOURCE_URI, _USER and _PASS,
// each of these also as a file.
#pragma once

#include "common/compat/translation.hpp"

#include <string>
#include <string_view>

namespace pillion::postgres {

// An instance for each of them. No text of a variable that may hold a password gets into the
// translation: it is referred to. False: there is none.
bool AddDataSources(const compat::Host& host, compat::Translation& translation);

// "host:port" of a URI or of key=value pairs; the defaults where they leave them out. Never a
// password.
std::string ServerOf(std::string_view dsn);

}  // namespace pillion::postgres
