// Names of databases as an operator writes them: `*` stands for any characters, `?` for one, and
// everything else for itself. A list may take some back with `!`. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pillion::postgres {

// Whether the whole name fits. Takes at most the product of both lengths.
bool FitsPattern(std::string_view pattern, std::string_view name);
bool FitsAny(const std::vector<std::string>& patterns, std::string_view name);
// Whether one of the patterns fits, and none of those behind a `!`. Only such: all but those.
bool FitsList(const std::vector<std::string>& patterns, std::string_view name);

// The same patterns for LIKE.
std::vector<std::string> LikePatterns(const std::vector<std::string>& patterns);

}  // namespace pillion::postgres
