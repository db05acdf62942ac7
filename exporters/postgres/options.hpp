// The option table of the postgres exporter.
#pragma once

#include <pillion/tables.hpp>

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
     .help = "Databases to show; empty: all."},
    {.name = "exclude_databases",
     .type = OptionType::kStringList,
     .help = "Databases to leave out; goes before include_databases."},
};

}  // namespace pillion::postgres
