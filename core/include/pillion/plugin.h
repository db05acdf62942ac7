/* plugin.h: the C border between Pillion (the host) and an exporter (the plugin).
 *
 * It is the only thing that crosses from a plugin to the host, whether the plugin is linked in or
 * loaded from a TYPE.so. C++ authors include <pillion/exporter.hpp>, which covers all of this.
 *
 * Rules of the border
 *   - Only C types cross. No exception, no C++ type and no ownership does.
 *   - Strings are pointer and length, UTF-8, not NUL-terminated, and valid for the call only,
 *     except those inside pillion_plugin, which live as long as the process.
 *   - Every struct starts with its own size. A newer side may append fields; the reader looks at
 *     a field only when `size` says that it is there. Arrays of structs are walked in steps of
 *     the first element's size.
 *   - The version is 0 until the plugin kit freezes 1; a host loads its own version only and
 *     refuses any other by name. A loaded plugin is never unloaded.
 *
 * Threads
 *   - The host makes one object per lane with `create` and calls `poll` on it from one thread at
 *     a time. `interrupt` may come from any thread while `poll` runs. Two objects of one plugin
 *     may run at once: keep no mutable globals.
 *   - Host functions that take a pillion_instance* may be called from create, poll and destroy;
 *     those that take a pillion_poll* only inside that poll, on its thread.
 *
 * Units: times are nanoseconds; `deadline` and `clock` count on the host's monotonic clock.
 */
#ifndef PILLION_PLUGIN_H_
#define PILLION_PLUGIN_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PILLION_ABI_VERSION 0u

/* The one symbol that a TYPE.so exports: `const pillion_plugin* pillion_plugin_entry(void)`. */
#define PILLION_ENTRY_SYMBOL "pillion_plugin_entry"

typedef struct pillion_str {
  const char* data;
  size_t size;
} pillion_str;

/* A buffer that the caller owns and the callee fills: at most `capacity` bytes; `size` is the
 * length that the whole text has, so size > capacity says that it was cut. */
typedef struct pillion_buffer {
  char* data;
  size_t capacity;
  size_t size;
} pillion_buffer;

/* Why something failed. The list is fixed: it is the `reason` label of the host's metrics. */
enum {
  PILLION_REASON_OK = 0,
  PILLION_REASON_REFUSED = 1,    /* nobody listens, or the target closed the connection */
  PILLION_REASON_DNS = 2,        /* the name has no address */
  PILLION_REASON_AUTH = 3,       /* credentials cannot be read or were not accepted */
  PILLION_REASON_TIMEOUT = 4,    /* the deadline passed, or the poll was interrupted */
  PILLION_REASON_PROTOCOL = 5,   /* the answer is not what this protocol allows */
  PILLION_REASON_PERMISSION = 6, /* logged in, but not allowed to read this */
  PILLION_REASON_VERSION = 7,    /* the target is too old, too new or lacks an extension */
  PILLION_REASON_LIMIT = 8,      /* a bound was reached: bytes, rows, connections */
  PILLION_REASON_INTERNAL = 9    /* a defect of the plugin or of the host */
};

enum {
  PILLION_TYPE_COUNTER = 1,
  PILLION_TYPE_GAUGE = 2,
  PILLION_TYPE_UNKNOWN = 3, /* `untyped` in text 0.0.4 */
  PILLION_TYPE_HISTOGRAM = 4,
  PILLION_TYPE_GAUGE_HISTOGRAM = 5,
  PILLION_TYPE_SUMMARY = 6,
  PILLION_TYPE_INFO = 7,    /* constant 1; the labels are the information */
  PILLION_TYPE_STATESET = 8 /* 0 or 1 for each state; the state is a label named like the family */
};

enum { PILLION_LOG_DEBUG = 1, PILLION_LOG_INFO = 2, PILLION_LOG_WARN = 3, PILLION_LOG_ERROR = 4 };

/* Option types. Durations are written with a unit ("500ms", "1s", "5m") and read as nanoseconds,
 * sizes as bytes ("16MiB"). */
enum {
  PILLION_OPT_STRING = 1,
  PILLION_OPT_BOOL = 2,
  PILLION_OPT_INT = 3,
  PILLION_OPT_FLOAT = 4,
  PILLION_OPT_DURATION = 5,
  PILLION_OPT_SIZE = 6,
  PILLION_OPT_STRING_LIST = 7,
  /* A table of strings: { open = "gauge", closed = "counter" }. Choices are of its values. */
  PILLION_OPT_STRING_MAP = 8,
  /* Any number of tables, each written as [[exporters.NAME.OPTION]], with the keys of `fields`. */
  PILLION_OPT_RECORDS = 9
};

enum {
  PILLION_OPT_REQUIRED = 1u << 0,
  PILLION_OPT_SECRET = 1u << 1, /* only reachable through host->secret, never through option */
  PILLION_OPT_ADDRESS = 1u << 2 /* what `--exporter TYPE=ADDRESS` sets; at most one */
};

typedef struct pillion_option {
  size_t size;
  pillion_str name;
  uint32_t type;
  uint32_t flags;
  pillion_str default_value; /* written as in TOML, without quotes for strings; empty: unset */
  pillion_str help;
  /* Of INT, FLOAT, DURATION (seconds), SIZE (bytes), and of how many RECORDS there may be; no range
   * if both are 0 (of RECORDS then at most 1000). */
  double minimum;
  double maximum;
  const pillion_str* choices; /* STRING, STRING_LIST, STRING_MAP: accepted values; NULL for any */
  size_t choice_count;
  /* Of RECORDS: the keys of each table; their types are any but RECORDS, none is a secret. A
   * REQUIRED one must be in each table. */
  const struct pillion_option* fields;
  size_t field_count;
} pillion_option;

enum {
  PILLION_COLLECTOR_OFF = 1u << 0,        /* off unless the configuration switches it on */
  PILLION_COLLECTOR_REMEMBERED = 1u << 1, /* the host keeps its last good run, for `unchanged` */
};

typedef struct pillion_collector {
  size_t size;
  pillion_str name;
  pillion_str help;
  uint32_t flags;
  uint32_t reserved;
  uint64_t default_every;   /* ns; 0: polled for each scrape (within freshness) */
  uint64_t default_timeout; /* ns; 0: the instance's */
} pillion_collector;

#define PILLION_NO_COLLECTOR ((uint32_t)0xffffffffu)

enum {
  /* The name holds one `*`: families with such a name may be declared at run time. */
  PILLION_METRIC_PATTERN = 1u << 0,
  /* Label names differ from sample to sample: only labels of `labels_named` fit. */
  PILLION_METRIC_OPEN_LABELS = 1u << 1,
  /* A counter, gauge or unknown whose series may be summed: those over the budget of series are
   * shown as one, with the label overflow="true" in place of the family's own. */
  PILLION_METRIC_OVERFLOW = 1u << 2
};

typedef struct pillion_metric {
  size_t size;
  /* The full name in text format: counters of ours with _total. Best of [a-zA-Z0-9_:]. Any other
   * UTF-8 (up to 1024 bytes, no NUL; labels must not start with __) is possible too and reaches
   * clients that don't take it escaped: `my.name` is `my_name` there. */
  pillion_str name;
  pillion_str unit; /* base unit, a suffix of the name; may be empty */
  pillion_str help;
  pillion_str since; /* first target version that has it; empty: any */
  const pillion_str* labels;
  size_t label_count;
  uint32_t type;
  uint32_t flags;
  uint32_t collector; /* index into pillion_plugin.collectors */
  uint32_t reserved;
} pillion_metric;

typedef struct pillion_instance pillion_instance; /* the host's; one per configured target */
typedef struct pillion_poll pillion_poll;         /* the host's; one per run of poll */

typedef uint32_t pillion_family; /* table metric i is family i; `declare` gives further ones */
typedef uint32_t pillion_labels;
#define PILLION_NO_LABELS ((pillion_labels)0u)
#define PILLION_NO_FAMILY ((pillion_family)0xffffffffu)

typedef struct pillion_value {
  size_t size;
  uint32_t type; /* of the option; 0: the option is not set */
  uint32_t flag; /* BOOL */
  pillion_str text;
  int64_t integer;         /* INT, DURATION (ns), SIZE (bytes); RECORDS: how many there are */
  double number;           /* FLOAT */
  const pillion_str* list; /* STRING_LIST; STRING_MAP: the values, in the order of the file */
  size_t list_size;
  const pillion_str* keys; /* STRING_MAP: one for each value */
} pillion_value;

/* A classic histogram. Upper bounds ascend and leave +Inf out; counts are cumulative. */
typedef struct pillion_histogram {
  size_t size;
  const double* bounds;
  const double* cumulative_counts;
  size_t bucket_count;
  double count;
  double sum; /* NaN: not known */
} pillion_histogram;

/* A native (exponential) histogram, as in Prometheus' protobuf: spans of buckets with absolute
 * counts. schema -4..8. */
typedef struct pillion_native_histogram {
  size_t size;
  int32_t schema;
  uint32_t reserved;
  double zero_threshold;
  double zero_count;
  double count;
  double sum;
  const int32_t* positive_span_offsets;
  const uint32_t* positive_span_lengths;
  size_t positive_spans;
  const double* positive_counts;
  size_t positive_buckets;
  const int32_t* negative_span_offsets;
  const uint32_t* negative_span_lengths;
  size_t negative_spans;
  const double* negative_counts;
  size_t negative_buckets;
} pillion_native_histogram;

typedef struct pillion_summary {
  size_t size;
  const double* quantiles; /* as exposed; peers' oddities above 1 are kept */
  const double* values;
  size_t quantile_count;
  double count;
  double sum;
} pillion_summary;

typedef struct pillion_exemplar {
  size_t size;
  const pillion_str* label_names;
  const pillion_str* label_values;
  size_t label_count;
  double value;
  double timestamp_seconds; /* Unix time; NaN: none */
} pillion_exemplar;

enum { PILLION_READABLE = 1u << 0, PILLION_WRITABLE = 1u << 1 };
enum {
  PILLION_WAIT_READY = 0,
  PILLION_WAIT_DEADLINE = 1,
  PILLION_WAIT_INTERRUPTED = 2,
  PILLION_WAIT_ERROR = 3
};

typedef struct pillion_address {
  size_t size;
  char text[48]; /* numeric IPv4 or IPv6, NUL-terminated */
} pillion_address;

/* What the host offers. One table for the life of the process. */
typedef struct pillion_host {
  size_t size;
  uint32_t abi_version;
  uint32_t reserved;

  /* -- options, for an instance -- */

  /* Reads an option. Its strings are valid until the object is destroyed. Secrets and names that
   * are not in the table read as not set. */
  void (*option)(pillion_instance*, pillion_str name, pillion_value* out);
  /* Copies a secret's present value out and returns a PILLION_REASON_* (AUTH: it cannot be read,
   * LIMIT: it is too long; the host has logged why). size 0: not set. Fetch it for every connect
   * and wipe it. The host remembers which values a poll fetched that then ended with AUTH: until
   * they change, or a pause is over, it answers AUTH too, and the poll need not connect. */
  uint32_t (*secret)(pillion_instance*, pillion_str name, pillion_buffer* out);
  /* The instance's name in the configuration, valid until destroy. */
  pillion_str (*instance_name)(pillion_instance*);
  /* One line; the host adds the instance and a bound on lines per minute. Warnings and errors of
   * create are shown with the problems of the configuration. */
  void (*log)(pillion_instance*, uint32_t level, pillion_str message);

  /* -- time, for a poll -- */

  int64_t (*deadline)(pillion_poll*);    /* when poll must have returned */
  int64_t (*clock)(pillion_poll*);       /* now, monotonic */
  double (*unix_seconds)(pillion_poll*); /* now, wall clock */
  /* Waits for a descriptor (or, with fd -1, just for time) until `until`, at most until the
   * deadline (until 0: the deadline). `ready` may be NULL. Returns PILLION_WAIT_*. DEADLINE is
   * returned when `until` has passed. */
  uint32_t (*wait)(pillion_poll*, int fd, uint32_t events, int64_t until, uint32_t* ready);
  /* Resolves a host name within the deadline, off this thread; numeric addresses come back as
   * they are. Returns a reason; *count holds how many of `capacity` were filled. */
  uint32_t (*resolve)(pillion_poll*, pillion_str host, pillion_address* out, size_t capacity,
                      size_t* count);

  /* -- collectors -- */

  /* Whether this poll is to run the collector. */
  uint32_t (*due)(pillion_poll*, uint32_t collector);
  /* The collector's own time-out in ns, if the configuration gives it one; else 0. Between
   * collector_begin and collector_end `wait` and `resolve` end with DEADLINE when the collector has
   * taken 100 ms longer: a bound in the target itself, such as a statement's time-out, that is set
   * to this comes first. */
  int64_t (*collector_timeout)(pillion_poll*, uint32_t collector);
  /* Samples between begin and end belong to the collector. End with a reason other than OK rolls
   * them back. Collectors don't nest. A plugin without a collector table needs neither. */
  void (*collector_begin)(pillion_poll*, uint32_t collector);
  void (*collector_end)(pillion_poll*, uint32_t reason, pillion_str message);

  /* -- samples -- */

  /* Declares a family at run time, for this poll: custom queries, relays, Registries, patterns.
   * Same name and type twice gives the same family. PILLION_NO_FAMILY: refused and counted. */
  pillion_family (*declare)(pillion_poll*, const pillion_metric*);
  /* Makes a label set with the family's label names; good for every family with the same names
   * until the collector ends. */
  pillion_labels (*labels)(pillion_poll*, pillion_family, const pillion_str* values, size_t count);
  pillion_labels (*labels_named)(pillion_poll*, const pillion_str* names, const pillion_str* values,
                                 size_t count);
  /* The sample functions never fail for the caller: what is invalid is dropped, counted and
   * named once per poll in the log. */
  void (*add)(pillion_poll*, pillion_family, pillion_labels, double value);
  void (*add_histogram)(pillion_poll*, pillion_family, pillion_labels, const pillion_histogram*);
  void (*add_native_histogram)(pillion_poll*, pillion_family, pillion_labels,
                               const pillion_native_histogram*);
  void (*add_summary)(pillion_poll*, pillion_family, pillion_labels, const pillion_summary*);
  /* Both belong to the sample that was added last. */
  void (*exemplar)(pillion_poll*, const pillion_exemplar*);
  void (*created)(pillion_poll*, double unix_seconds);
  /* A fact about the target for the status page, e.g. "server_version" = "15.8". */
  void (*fact)(pillion_poll*, pillion_str name, pillion_str value);

  /* -- refusals, for an instance, only from create and check -- */

  /* Says that an option's value cannot be used although it fits the table, and why; any number of
   * options. Shown at the option's place in the configuration. create then returns NULL; an
   * object that it returns all the same is destroyed. */
  void (*refuse_option)(pillion_instance*, pillion_str name, pillion_str why);

  /* -- rotation of secrets, for an instance, only inside poll -- */

  /* For a plugin that keeps its session between polls: 1 if a secret that this object has fetched
   * has another value now that is worth a log-in. Ask once a poll, when a session is open and has
   * been read. Then fetch the secrets, open a second session, and say how that went. */
  uint32_t (*secrets_changed)(pillion_instance*);
  /* How the target took the secrets that were fetched last. A poll's own outcome says it as well:
   * needed only for a second session. OK: use it, and close the old one. Anything else: go on with
   * the old one; the host says when to try again. */
  void (*secrets_tried)(pillion_instance*, uint32_t reason, pillion_str message);

  /* -- records, for an instance -- */

  /* Reads a field of one table of an option of type RECORDS, as `option` reads an option. How many
   * there are says `option`. */
  void (*record)(pillion_instance*, pillion_str option, size_t index, pillion_str field,
                 pillion_value* out);
  /* As refuse_option, about a field of one table; an empty field: about that table as a whole. */
  void (*refuse_record)(pillion_instance*, pillion_str option, size_t index, pillion_str field,
                        pillion_str why);

  /* -- collectors of an instance, only from create -- */

  /* Adds a collector to those of the table (there must be one): what the options ask for, such as
   * a query. Returns its index, which follows the table's, for `due`, collector_begin and
   * pillion_metric.collector. Each create must declare the same ones, by name.
   * PILLION_NO_COLLECTOR: refused, the configuration says why; or an earlier object of this
   * instance did not declare it: then leave it out. Its strings are copied. */
  uint32_t (*add_collector)(pillion_instance*, const pillion_collector*);

  /* -- what has not changed, for a poll -- */

  /* In place of samples, for a target that can say at little cost that all is as it was: the
   * collector that is open shows what the last run of it showed that this object ended with OK;
   * what was added since collector_begin is forgotten. 0: there was no such run, or the collector
   * is not PILLION_COLLECTOR_REMEMBERED, or what it showed takes more than 1 MiB. */
  uint32_t (*unchanged)(pillion_poll*);
} pillion_host;

typedef struct pillion_plugin {
  /* These two never move: they are how a foreign version is recognised. */
  size_t size;
  uint32_t abi_version;
  uint32_t reserved;

  pillion_str type;    /* "postgres": the file is postgres.so */
  pillion_str version; /* of the plugin */
  pillion_str summary; /* one line */

  const pillion_option* options;
  size_t option_count;
  const pillion_collector* collectors; /* none: one collector, named "default" */
  size_t collector_count;
  const pillion_metric* metrics;
  size_t metric_count;

  /* The target's up family ("pg_up"), which the host emits: 1 when the last poll returned OK, 0
   * otherwise, also for a plugin that hangs. Empty: only pillion_instance_up. */
  pillion_str up_name;
  pillion_str up_help;
  /* Names that peers use for a collector's success and duration, with the label `collector`;
   * emitted by the host. Empty: only pillion_collector_*. */
  pillion_str collector_success_name;
  pillion_str collector_duration_name;

  /* Makes an object. No network here. NULL: the options don't fit; which one and why was told by
   * host->refuse_option, or, if it is about none in particular, stands in `error`. */
  void* (*create)(const pillion_host*, pillion_instance*, pillion_buffer* error);
  /* Polls the due collectors and returns by the deadline. A reason other than OK means that the
   * target as a whole could not be read: `up` 0, and nothing of this poll is shown. */
  uint32_t (*poll)(void* self, pillion_poll*, pillion_buffer* error);
  /* Optional (NULL): makes a running poll return soon. Any thread. For libraries that hide
   * their descriptor; whoever waits in host->wait needs none. */
  void (*interrupt)(void* self);
  void (*destroy)(void* self);

  /* Optional (NULL), for `pillion check --connect`: asks the target what create cannot know, such
   * as whether statements can be prepared, and runs nothing that costs. On a lane's rules, with no
   * collector due. What it finds it says by refuse_option, refuse_record, and warnings by log.
   * A reason other than OK: the target could not be asked. */
  uint32_t (*check)(void* self, pillion_poll*, pillion_buffer* error);
} pillion_plugin;

typedef const pillion_plugin* (*pillion_plugin_entry_fn)(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PILLION_PLUGIN_H_ */
