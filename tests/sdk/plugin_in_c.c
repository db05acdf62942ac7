/* A plugin in C99, which also shows that plugin.h is C. */
#include <pillion/plugin.h>

#include <stdlib.h>
#include <string.h>

#define STR(literal) \
  { literal, sizeof(literal) - 1 }

size_t pillion_test_size_of_plugin_in_c(void);
const pillion_plugin* pillion_test_plugin_in_c(void);

struct object {
  const pillion_host* host;
  double value;
};

static void* Create(const pillion_host* host, pillion_instance* instance, pillion_buffer* error) {
  static const pillion_str kName = STR("value");
  static const pillion_str kNegative = STR("must not be negative");
  pillion_value value;
  struct object* self = malloc(sizeof *self);
  (void)error;
  if (self == NULL) return NULL;
  memset(&value, 0, sizeof value);
  value.size = sizeof value;
  host->option(instance, kName, &value);
  if (value.number < 0) {
    host->refuse_option(instance, kName, kNegative);
    free(self);
    return NULL;
  }
  self->host = host;
  self->value = value.number;
  return self;
}

static uint32_t Poll(void* object, pillion_poll* poll, pillion_buffer* error) {
  static const pillion_str kKind = STR("c");
  const struct object* self = object;
  (void)error;
  self->host->add(poll, 0, self->host->labels(poll, 0, &kKind, 1), self->value);
  return PILLION_REASON_OK;
}

static void Destroy(void* object) { free(object); }

size_t pillion_test_size_of_plugin_in_c(void) { return sizeof(pillion_plugin); }

const pillion_plugin* pillion_test_plugin_in_c(void) {
  static const pillion_str kLabels[] = {STR("kind")};
  static const pillion_option kOptions[] = {{.size = sizeof(pillion_option),
                                             .name = STR("value"),
                                             .type = PILLION_OPT_FLOAT,
                                             .flags = PILLION_OPT_REQUIRED}};
  static const pillion_metric kMetrics[] = {{.size = sizeof(pillion_metric),
                                             .name = STR("c_value"),
                                             .help = STR("The configured value."),
                                             .labels = kLabels,
                                             .label_count = 1,
                                             .type = PILLION_TYPE_GAUGE}};
  static const pillion_plugin kPlugin = {.size = sizeof(pillion_plugin),
                                         .abi_version = PILLION_ABI_VERSION,
                                         .type = STR("c"),
                                         .options = kOptions,
                                         .option_count = 1,
                                         .metrics = kMetrics,
                                         .metric_count = 1,
                                         .create = &Create,
                                         .poll = &Poll,
                                         .destroy = &Destroy};
  return &kPlugin;
}
