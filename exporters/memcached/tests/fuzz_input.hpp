// What the fuzz target and the replay of its corpus do with an input.
#pragma once

#include <string_view>

namespace pillion::memcached::testing {

// The first byte says how many answers are awaited, the second in what pieces the rest comes.
// Aborts if a rule is broken.
void TryAnswers(std::string_view input);

}  // namespace pillion::memcached::testing
