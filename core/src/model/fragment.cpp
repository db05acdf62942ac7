#include "model/fragment.hpp"

namespace pillion {

size_t Fragment::series() const {
  size_t series = values.size();
  for (const Distribution& d : distributions) {
    series += d.native == Distribution::kNotNative ? d.size + 3 : 1;
  }
  return series;
}

size_t Fragment::bytes() const {
  return sizeof *this + families.capacity() * sizeof(FamilyRange) +
         values.capacity() * sizeof(double) + labels.capacity() * sizeof(LabelRef) +
         distributions.capacity() * sizeof(Distribution) + numbers.capacity() * sizeof(double) +
         blocks.bytes() + blocks.count() * sizeof(uint32_t);
}

}  // namespace pillion
