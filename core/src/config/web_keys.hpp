// What guards the pages, in [http]: web_config, or the tables tls and basic_auth.
#pragma once

#include "config/loading.hpp"

namespace pillion {

void ReadWebConfig(const Value& value, Loading& loading);
void ReadTls(const Value& value, Loading& loading);
void ReadBasicAuth(const Value& value, Loading& loading);

// After all of it was read: what they must not be together.
void CheckWebKeys(Loading& loading);

}  // namespace pillion
