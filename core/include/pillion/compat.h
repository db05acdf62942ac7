/* compat.h: the C border between Pillion and a translator.
 *
 * A translator knows the command line and the environment of another program, whose place Pillion
 * takes, and says in TOML what they mean. It is a module of its own, compat/NAME.so below a
 * directory of exporters, and is found by the name under which Pillion was called:
 *
 *   ln -s pillion NAME; ./NAME --its-flags       or       pillion compat NAME --its-flags
 *
 * It runs once, before anything else, on the one thread that there is, and is unloaded then: what
 * it costs is gone when the serving begins. The rules of plugin.h hold: only C types cross, strings
 * are valid for the call, a struct starts with its size, no exception crosses.
 *
 * A value that is secret never stands in the TOML, which people print: it is referred to as
 * ${env:NAME} or ${file:PATH}. Where neither a variable nor a file holds just that value, the
 * translator makes up a variable with `define`.
 */
#ifndef PILLION_COMPAT_H_
#define PILLION_COMPAT_H_

#include <pillion/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PILLION_COMPAT_VERSION 0u

/* The one symbol that a NAME.so exports: `const pillion_compat* pillion_compat_entry(void)`. */
#define PILLION_COMPAT_ENTRY_SYMBOL "pillion_compat_entry"

enum { PILLION_COMPAT_OPTION = 1, PILLION_COMPAT_COLLECTOR = 2, PILLION_COMPAT_LABEL = 3 };

/* What translate returns. */
enum {
  PILLION_COMPAT_SERVE = 0, /* the configuration is complete */
  PILLION_COMPAT_DONE = 1,  /* what was asked for was printed: a version, help */
  PILLION_COMPAT_WRONG = 2  /* the command line is wrong; why was said at PILLION_LOG_ERROR */
};

/* All strings are UTF-8 or what the operator typed. */
typedef struct pillion_compat_host {
  size_t size;
  void* context;
  pillion_str host_version; /* of Pillion, for --version */
  /* A variable of the environment; data is NULL if it is not set. */
  pillion_str (*variable)(void* context, pillion_str name);
  /* Whether the exporter `type` has this option or collector, or a metric with this label. A
   * configuration must not name one that is not there. */
  int (*knows)(void* context, pillion_str type, uint32_t what, pillion_str name);
  /* The configuration, as in a file. */
  void (*config)(void* context, pillion_str toml);
  /* A variable that the configuration refers to and that the environment does not hold. */
  void (*define)(void* context, pillion_str name, pillion_str value);
  /* A line for the log when serving begins, or an error. PILLION_LOG_*. */
  void (*say)(void* context, uint32_t level, pillion_str text);
  /* To standard output, as it is. */
  void (*print)(void* context, pillion_str text);
} pillion_compat_host;

typedef struct pillion_compat {
  size_t size;
  uint32_t version; /* PILLION_COMPAT_VERSION */
  pillion_str name; /* of the program; also the file's */
  pillion_str summary;
  /* `arguments` are those behind the program's name. Pure but for what the host does. */
  int32_t (*translate)(const pillion_compat_host* host, const pillion_str* arguments,
                       size_t argument_count);
} pillion_compat;

typedef const pillion_compat* (*pillion_compat_entry_fn)(void);

#ifdef __cplusplus
}
#endif

#endif /* PILLION_COMPAT_H_ */
