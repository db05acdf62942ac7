// Polls the exporter in a host in memory and compares the whole text. No test framework needed.
#include <pillion/testing/test_host.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

extern "C" const pillion_plugin* pillion_plugin_entry();

namespace {

int failures = 0;

void Expect(const std::string& got, const std::string& wanted) {
  if (got == wanted) return;
  ++failures;
  std::printf("got:\n%s\nwanted:\n%s\n", got.c_str(), wanted.c_str());
}

}  // namespace

int main() {
  namespace fs = std::filesystem;
  char name[] = "/tmp/spool-test-XXXXXX";
  const fs::path directory = mkdtemp(name);
  std::ofstream(directory / "one") << "12345";
  const timespec times[2] = {{1700000000, 0}, {1700000000, 0}};
  utimensat(AT_FDCWD, (directory / "one").c_str(), times, 0);
  fs::create_directory(directory / "not-a-file");

  pillion::testing::TestHost host(pillion_plugin_entry(),
                                  {.options = {{"directory", directory.string()}}});
  if (!host.Create().ok()) return 1;
  pillion::testing::PollReport report = host.Poll();
  Expect(std::to_string(report.problems.size()), "0");
  Expect(report.text,
         "# HELP spool_bytes Sum of the sizes of these files.\n"
         "# TYPE spool_bytes gauge\n"
         "spool_bytes 5\n"
         "# HELP spool_files Regular files in the directory.\n"
         "# TYPE spool_files gauge\n"
         "spool_files 1\n"
         "# HELP spool_newest_timestamp_seconds Last write to any of them, Unix time.\n"
         "# TYPE spool_newest_timestamp_seconds gauge\n"
         "spool_newest_timestamp_seconds 1700000000\n");

  fs::remove_all(directory);
  report = host.Poll();
  Expect(report.text, "");
  Expect(report.error, directory.string() + ": No such file or directory");
  return failures == 0 ? 0 : 1;
}
