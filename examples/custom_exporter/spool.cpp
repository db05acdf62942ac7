// Watches a directory of files: does the queue grow, and does anyone still write into it?
#include <sys/stat.h>
#include <pillion/exporter.hpp>

#include <filesystem>
using namespace pillion;

constexpr Option kOptions[] = {
    {.name = "directory", .help = "What to watch.", .flags = PILLION_OPT_ADDRESS}};
enum { kFiles, kBytes, kNewest };
constexpr Metric kMetrics[] = {
    {.name = "spool_files", .help = "Regular files in the directory."},
    {.name = "spool_bytes", .help = "Sum of the sizes of these files."},
    {.name = "spool_newest_timestamp_seconds", .help = "Last write to any of them, Unix time."}};

struct Spool {
  explicit Spool(const Options& options) : directory(options.String("directory", ".")) {}

  Result<void> Poll(PollContext& context, Sink& sink) {
    double files = 0, bytes = 0, newest = 0;
    std::error_code error;
    std::filesystem::directory_iterator entry(directory, error), end;
    for (; !error && entry != end; entry.increment(error)) {
      if (context.Left().count() <= 0) return {Reason::kTimeout, "too many files to count in time"};
      struct stat file;
      if (stat(entry->path().c_str(), &file) != 0 || !S_ISREG(file.st_mode)) continue;
      files += 1;
      bytes += static_cast<double>(file.st_size);
      newest = std::max(newest, static_cast<double>(file.st_mtime));
    }
    if (error) return {Reason::kRefused, directory + ": " + error.message()};
    sink.Add(kFiles, files);
    sink.Add(kBytes, bytes);
    if (files > 0) sink.Add(kNewest, newest);
    return {};
  }
  const std::string directory;
};
PILLION_EXPORTER(Spool, .type = "spool", .options = kOptions, .metrics = kMetrics)
