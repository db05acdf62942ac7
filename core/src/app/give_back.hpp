// GiveBackStart: hands back the memory that only the start needed.
#pragma once

namespace pillion {

// Frees what malloc holds in reserve, and unmaps the pages of code and constants of every loaded
// library that the start has touched: reading the configuration, the command line, the loader's
// own work. What runs from then on comes back page by page, from the page cache. About half a
// megabyte of resident memory in a sidecar of seven.
//
// Threads: any. Does nothing in debug builds, where a debugger may have written into code pages.
void GiveBackStart();

}  // namespace pillion
