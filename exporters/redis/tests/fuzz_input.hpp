// What the fuzz targets and the replay of their corpus do with one input. They abort when a rule
// is broken; sanitizers see the rest.
#pragma once

#include <string_view>

namespace pillion::redis::testing {

// The input as the text of INFO: through the parser and all collectors that read it.
void TryInfo(std::string_view input);
// The input as the text of INFO MODULES.
void TryModules(std::string_view input);
// The input as the text of CLIENT LIST.
void TryClients(std::string_view input);

// The input as the texts of CLUSTER INFO and CLUSTER NODES.
void TryClusterInfo(std::string_view input);
void TryClusterNodes(std::string_view input);

// The input as the operator's file of passwords.
void TryPasswordMap(std::string_view input);

// The input as a Lua pattern, a line end, and the text to search.
void TryLuaPattern(std::string_view input);

// The input as what a server sends: through the guard, then hiredis' reader, in pieces. Each whole
// reply goes to all that reads replies, as if it were the answer to its question.
void TryReplies(std::string_view input);

}  // namespace pillion::redis::testing
