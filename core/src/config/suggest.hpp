// Suggest: the candidate that a mistyped word most likely means. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`; letters of
// either case are equal.
size_t EditDistance(std::string_view a, std::string_view b);

// The nearest candidate (the first of equals), if it is near enough to be meant.
std::optional<std::string_view> Suggest(std::string_view word,
                                        std::span<const std::string_view> candidates);

// "; did you mean `address`?", or else "; accepted: a, b, c", or nothing if there is no candidate.
std::string SuggestOrList(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace pillion
