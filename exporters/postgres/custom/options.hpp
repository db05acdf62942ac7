// The keys of [[exporters.NAME.query]].
#pragma once

#include <pillion/tables.hpp>

#include "query.hpp"

namespace pillion::postgres {

inline constexpr Option kQueryFields[] = {
    {.name = "name",
     .help = "What the query is called: its collector is query_NAME.",
     .flags = PILLION_OPT_REQUIRED},
    {.name = "sql",
     .help = "One statement that reads. It runs in a read-only transaction of its own, with the "
             "role's own search_path.",
     .flags = PILLION_OPT_REQUIRED},
    {.name = "labels", .type = OptionType::kStringList, .help = "Columns that are labels."},
    {.name = "values",
     .type = OptionType::kStringMap,
     .help = "Columns that are values, each with its type: `{ open = \"gauge\" }`. Without it "
             "every column that is no label is a gauge; with it others are left out.",
     .choices = "counter,gauge,untyped,histogram"},
    {.name = "help",
     .type = OptionType::kStringMap,
     .help = "What the values mean: `{ open = \"Orders that wait.\" }`."},
    {.name = "prefix",
     .help = "A column `open` is shown as the family PREFIX_open; without it the prefix is the "
             "query's name."},
    {.name = "every",
     .type = OptionType::kDuration,
     .help = "Runs so often, apart from scrapes; without it with each scrape.",
     .minimum = 0.01,
     .maximum = 30 * 86400.0},
    {.name = "timeout",
     .type = OptionType::kDuration,
     .help = "Longest time for the statement; without it statement_timeout.",
     .minimum = 0.01,
     .maximum = 3600},
    {.name = "server_version",
     .help = "Versions of PostgreSQL it is for: `>=13`, `>=12 <15`, `<13 || >=15`; others are not "
             "asked."},
    {.name = "run_on",
     .default_value = "any",
     .help = "Which servers are asked, by whether they are in recovery now.",
     .choices = "any,primary,replica"},
    {.name = "databases",
     .type = OptionType::kStringList,
     .help = "Databases to run in, by names or patterns (`*`, `?`), each told by the label "
             "`datname`; without it that of the connection."},
    {.name = "max_rows",
     .type = OptionType::kInt,
     .default_value = "10000",
     .help = "More rows than this are a failure of the query.",
     .minimum = 1,
     .maximum = static_cast<double>(kCustomRowsMax)},
    {.name = "enabled",
     .type = OptionType::kBool,
     .default_value = "true",
     .help = "false: it is checked and not run."},
};

}  // namespace pillion::postgres
