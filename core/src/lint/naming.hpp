// The naming guide of Prometheus, as far as a name and a type can break it.
#pragma once

#include "lint/family_book.hpp"

#include <string_view>

namespace pillion::lint {

// A family that had samples.
void CheckFamilyName(const Family& family, Reporter& reporter);
void CheckLabelName(const Family& family, const parse::Label& label, const parse::Position& line,
                    Reporter& reporter);

}  // namespace pillion::lint
