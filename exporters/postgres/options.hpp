// The option table of the postgres exporter.
#pragma once

#include <pillion/tables.hpp>

#include "aliases.hpp"
#include "custom/options.hpp"
#include "databases/bounds.hpp"

namespace pillion::postgres {

inline constexpr Option kOptions[] = {
    {.name = "dsn",
     .help = "Where the server is: `host=/var/run/postgresql dbname=postgres` or a "
             "`postgresql://` URI. Empty: as psql would find it (PGHOST, PGDATABASE, ...).",
     .flags = PILLION_OPT_ADDRESS},
    {.name = "user", .help = "Role to log in as; goes before a user in the dsn."},
    {.name = "password",
     .help = "Its password, read again when it changes; goes before one in the dsn.",
     .flags = PILLION_OPT_SECRET},
    {.name = "statement_timeout",
     .type = OptionType::kDuration,
     .default_value = "5s",
     .help = "Longest time for one collector's statement. Lowered to half of the poll's timeout "
             "if that is less, so that one slow collector does not cost the whole poll.",
     .minimum = 0.001,
     .maximum = 600},
    {.name = "lock_timeout",
     .type = OptionType::kDuration,
     .default_value = "100ms",
     .help = "Longest time that a statement may wait for a lock that others hold.",
     .minimum = 0.001,
     .maximum = 600},
    {.name = "include_databases",
     .type = OptionType::kStringList,
     .help = "Databases to show, by names or patterns (`*`, `?`); empty: all."},
    {.name = "exclude_databases",
     .type = OptionType::kStringList,
     .help = "Databases to leave out, likewise; goes before include_databases and databases."},
    {.name = "databases",
     .type = OptionType::kStringList,
     .help = "Databases beside that of the dsn whose tables, indexes, sequences and extensions are "
             "read too, by names or patterns; `*`: all, `!x`: but x. Each costs a connection for a "
             "moment."},
    {.name = "databases_timeout",
     .type = OptionType::kDuration,
     .default_value = "1s",
     .help = "After so long a poll goes on to no further database: those left over are the next "
             "one's. At most half of the poll's timeout.",
     .minimum = 0.01,
     .maximum = 600},
    {.name = "database_connections",
     .type = OptionType::kInt,
     .default_value = "0",
     .help = "Connections to these databases that are kept between polls: cheaper, but nobody can "
             "drop such a database or copy it as a template.",
     .minimum = 0,
     .maximum = kDatabaseConnectionsMax},
    {.name = "statements_shown",
     .type = OptionType::kInt,
     .default_value = "100",
     .help = "Statements that stat_statements shows, those that took most time; the sum of the "
             "others is shown as `other`.",
     .minimum = 1,
     .maximum = 1000},
    {.name = "statement_text",
     .type = OptionType::kInt,
     .default_value = "0",
     .help = "Characters of each statement's text to show in pg_stat_statements_query_id; 0: no "
             "text is read. Texts may hold what nobody should see.",
     .minimum = 0,
     .maximum = 4096},
    {.name = "compat",
     .type = OptionType::kStringList,
     .help = "Versions of postgres_exporter whose retired names of families are shown as well.",
     .choices = kProfileNames},
    {.name = "query",
     .type = OptionType::kRecords,
     .help = "Queries of your own, each a collector.",
     .maximum = kCustomQueriesMax,
     .fields = kQueryFields},
    {.name = "queries_file",
     .help = "A queries.yaml as postgres_exporter takes it; read once, at the start."},
};

}  // namespace pillion::postgres
