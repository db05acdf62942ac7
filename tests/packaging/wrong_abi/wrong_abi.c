/* A module of another ABI version. Only the two fields that never move are there: a host that
 * looked at anything else before the version would read what is not its own. */
#include <stddef.h>
#include <stdint.h>

struct foreign_plugin {
  size_t size;
  uint32_t abi_version;
  uint32_t reserved;
};

const struct foreign_plugin* pillion_plugin_entry(void);

const struct foreign_plugin* pillion_plugin_entry(void) {
  static const struct foreign_plugin kPlugin = {sizeof(struct foreign_plugin), 999, 0};
  return &kPlugin;
}
