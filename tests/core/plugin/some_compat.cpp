// A translator for nobody.
#include <pillion/compat.h>

extern "C" const pillion_compat* pillion_compat_entry() {
  static constexpr pillion_compat kCompat{sizeof(pillion_compat),
                                          PILLION_COMPAT_VERSION,
                                          {"some", 4},
                                          {"", 0},
                                          [](const pillion_compat_host*, const pillion_str*,
                                             size_t) { return int32_t{PILLION_COMPAT_DONE}; }};
  return &kCompat;
}
