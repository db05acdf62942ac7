// Native histograms: whether schema, spans and counts fit together.
#pragma once

#include "lint/reporter.hpp"

namespace pillion::lint {

void CheckNativeHistogram(const parse::NativeHistogram& histogram, Reporter& reporter);

}  // namespace pillion::lint
