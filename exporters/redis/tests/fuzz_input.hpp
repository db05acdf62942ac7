// What the fuzz targets and the replay of their corpus do with one input. They abort when a rule
// is broken; sanitizers see the rest.
#pragma once

#include <string_view>

namespace pillion::redis::testing {

// The input as the text of INFO: through the parser and all collectors that read it.
void TryInfo(std::string_view input);

// The input as what a server sends: through the guard, then hiredis' reader, in pieces.
void TryReplies(std::string_view input);

}  // namespace pillion::redis::testing
