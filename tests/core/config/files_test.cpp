#include "core/config/fake_exporter.hpp"
#include "core/config/temp_directory.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace pillion {
namespace {

namespace fs = std::filesystem;

using testing::FakeLookup;
using testing::TempDirectory;
using testing::Text;
using Strings = std::vector<std::string>;

const char* NoVariables(const char*) { return nullptr; }

ConfigResult LoadPaths(const Strings& paths) {
  ConfigSource source;
  source.paths = paths;
  return LoadConfig(source, FakeLookup(), NoVariables);
}

Strings Names(const ConfigResult& result) {
  Strings names;
  if (result.config == nullptr) return {Text(result)};
  for (const InstanceConfig& instance : result.config->instances) names.push_back(instance.name);
  return names;
}

std::string Instance(const std::string& name) {
  return "[exporters." + name + "]\ntype = 'fake'\nlabels = { n = '" + name + "' }\n";
}

TEST_CASE("a text that is in no file stands behind the files") {
  ConfigSource source;
  source.texts = {{"switched over", Instance("from_text")}, {"wrong", "nothing = 1"}};
  const ConfigResult result = LoadConfig(source, FakeLookup(), NoVariables);
  CHECK(Text(result).starts_with("wrong:1:1: nothing: unknown key"));
  source.texts.pop_back();
  CHECK(Names(LoadConfig(source, FakeLookup(), NoVariables)) == Strings{"from_text"});
}

TEST_CASE("a file is loaded with its path in every position") {
  const TempDirectory directory;
  const std::string path = directory.Write("pillion.toml", Instance("a"));
  const auto result = LoadPaths({path});
  REQUIRE(Text(result) == "");
  CHECK(result.config->instances[0].position == path + ":1:12");
}

TEST_CASE("a pipe is read to its end and never waited for without a writer") {
  const TempDirectory directory;
  const std::string pipe = directory.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(Text(LoadPaths({pipe})) == pipe + ": cannot be read: a pipe that nobody writes to\n");
  // More than a pipe holds: its reader waits for the writer, who waits for the reader.
  const std::string text = Instance("a") + std::string(300'000, '\n');
  const int keeps_open = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const int fd = ::open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  std::thread writer([&] {
    for (size_t at = 0; at < text.size();) {
      const ssize_t written = ::write(fd, text.data() + at, text.size() - at);
      if (written <= 0) break;
      at += static_cast<size_t>(written);
    }
    ::close(fd);
  });
  const auto result = LoadPaths({pipe});
  writer.join();
  ::close(keeps_open);
  CHECK(Text(result) == "");
  CHECK(Names(result) == Strings{"a"});
}

TEST_CASE("a directory is merged in the order of its names") {
  const TempDirectory directory;
  directory.Write("20-b.toml", Instance("b"));
  directory.Write("10-a.toml", Instance("z") + Instance("a"));
  directory.Write("30-http.toml", "[http]\nlisten = 'localhost:0'\n");
  directory.Write("40-log.toml", "[http]\nadmin_listen = false\n");
  directory.Write("notes.txt", "not toml");
  directory.Write("c.toml.bak", "not toml");
  directory.Write(".hidden.toml", "not toml");
  directory.Write(".toml", "not toml");
  fs::create_directory(directory.path() + "/sub.toml");
  const auto result = LoadPaths({directory.path()});
  CHECK(Names(result) == Strings{"z", "a", "b"});
  CHECK(result.config->http.listen == Strings{"localhost:0"});
  CHECK(result.config->http.admin_listen.empty());
}

TEST_CASE("the links of a ConfigMap are followed and its hidden directories are not") {
  const TempDirectory directory;
  const std::string data = directory.path() + "/..2026_11_22_15_04_05.1";
  fs::create_directory(data);
  directory.Write("..2026_11_22_15_04_05.1/a.toml", Instance("a"));
  directory.Write("..2026_11_22_15_04_05.1/b.toml", Instance("b"));
  fs::create_directory_symlink("..2026_11_22_15_04_05.1", directory.path() + "/..data");
  fs::create_symlink("..data/a.toml", directory.path() + "/a.toml");
  fs::create_symlink("..data/b.toml", directory.path() + "/b.toml");
  CHECK(Names(LoadPaths({directory.path()})) == Strings{"a", "b"});
  // The swap: a new directory, and the link moved over in one step.
  fs::create_directory(directory.path() + "/..2026_11_22_16");
  directory.Write("..2026_11_22_16/a.toml", Instance("c"));
  directory.Write("..2026_11_22_16/b.toml", Instance("d"));
  fs::create_directory_symlink("..2026_11_22_16", directory.path() + "/..data_tmp");
  fs::rename(directory.path() + "/..data_tmp", directory.path() + "/..data");
  CHECK(Names(LoadPaths({directory.path()})) == Strings{"c", "d"});
}

TEST_CASE("what is set in two files is an error that names both places") {
  const TempDirectory directory;
  const std::string a =
      directory.Write("a.toml",
                      "self = 'off'\nplugin_dirs = ['/a']\n[exporters.x]\ntype = 'fake'\n"
                      "[http]\nlisten = 'localhost:1'\n[log]\nlevel = 'warn'\n");
  const std::string b =
      directory.Write("b.toml",
                      "self = 'off'\nplugin_dirs = ['/b']\n[http]\nlisten = 'localhost:1'\n"
                      "openmetrics = 'never'\n[exporters.x]\ntype = 'fake'\n"
                      "[log]\nformat = 'json'\nlevel = 'warn'\n");
  CHECK(Text(LoadPaths({directory.path()})) ==
        b + ":1:1: self: is set already at " + a + ":1:1\n" + b +
            ":2:1: plugin_dirs: is set already at " + a + ":2:1\n" + b +
            ":4:1: http.listen: is set already at " + a + ":6:1\n" + b +
            ":6:12: exporters.x: is set already at " + a + ":3:12\n" + b +
            ":10:1: log.level: is set already at " + a + ":8:1\n");
}

TEST_CASE("what is set twice hides none of its other errors") {
  const TempDirectory directory;
  const std::string a = directory.Write("a.toml", "[exporters.x]\ntype = 'fake'\nport = 0\n");
  const std::string b = directory.Write(
      "b.toml", "[exporters.x]\ntype = 'fake'\nprot = 1\nmode = 'fats'\n[exporters.y]\ntype = 1\n");
  const std::string c =
      directory.Write("c.toml", "[http]\nlisten = 'localhost:1'\n[log]\nlevel = 'info'\n");
  const std::string d = directory.Write("d.toml", "[http]\nlisten = 'x'\n[log]\nlevel = 'inof'\n");
  CHECK(
      Text(LoadPaths({directory.path()})) ==
      a + ":3:8: exporters.x.port: must be between 1 and 65535\n" + b +
          ":1:12: exporters.x: is set already at " + a + ":1:12\n" + b +
          ":3:1: exporters.x.prot: unknown key; did you mean `port`?\n" + b +
          ":4:8: exporters.x.mode: must be one of fast, slow, careful; did you mean `fast`?\n" + b +
          ":6:8: exporters.y.type: must be a string, not an integer\n" + d +
          ":2:1: http.listen: is set already at " + c + ":2:1\n" + d +
          ":2:10: http.listen: expected HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH\n" + d +
          ":4:1: log.level: is set already at " + c + ":4:1\n" + d +
          ":4:9: log.level: must be one of debug, info, warn, error, off; did you mean `info`?\n");
}

TEST_CASE("two equal instances of one name are told once") {
  const TempDirectory directory;
  const std::string a = directory.Write("a.toml", Instance("x"));
  const std::string b = directory.Write("b.toml", Instance("x"));
  CHECK(Text(LoadPaths({a, b})) == b + ":1:12: exporters.x: is set already at " + a + ":1:12\n");
}

TEST_CASE("a directory without a configuration is told") {
  const TempDirectory directory;
  directory.Write("pillion.conf", Instance("a"));
  const auto result = LoadPaths({directory.path()});
  CHECK(Text(result).rfind("warning: " + directory.path() + ": holds no *.toml\n", 0) == 0);
  CHECK(result.config != nullptr);
  CHECK(Text(LoadPaths({""})) == "--config \"\": cannot be read: No such file or directory\n");
}

TEST_CASE("files and directories may be given together and problems keep their order") {
  const TempDirectory directory;
  const std::string z = directory.Write("z.conf", "zz = 1\n");
  fs::create_directory(directory.path() + "/d");
  const std::string a = directory.Write("d/a.toml", "aa = ");
  const std::string b = directory.Write("d/b.toml", "\nbb = 1\n");
  const std::string text = Text(LoadPaths({z, directory.path() + "/d"}));
  const size_t at_z = text.find(z + ":1:1: zz: unknown key");
  const size_t at_a = text.find(a + ":1:6: syntax: ");
  const size_t at_b = text.find(b + ":2:1: bb: unknown key");
  CAPTURE(text);
  REQUIRE(at_z == 0);
  REQUIRE(at_a != std::string::npos);
  REQUIRE(at_b != std::string::npos);
  CHECK(at_a < at_b);
}

TEST_CASE("what cannot be read is named with the reason") {
  const TempDirectory directory;
  const std::string none = directory.path() + "/none.toml";
  CHECK(Text(LoadPaths({none})) == none + ": cannot be read: No such file or directory\n");
  const std::string dangling = directory.path() + "/dangling.toml";
  fs::create_symlink("nowhere", dangling);
  CHECK(Text(LoadPaths({directory.path()})) ==
        dangling + ": cannot be read: No such file or directory\n");
}

TEST_CASE("a file is at most 4 MiB") {
  const TempDirectory directory;
  std::string text = Instance("a") + "#";
  text.resize(kConfigFileBytesMax, 'x');
  const std::string path = directory.Write("a.toml", text);
  CHECK(Names(LoadPaths({path})) == Strings{"a"});
  directory.Write("a.toml", text + "x");
  CHECK(Text(LoadPaths({path})) == path + ": cannot be read: larger than 4194304 bytes\n");
}

TEST_CASE("all files together are at most 16 MiB") {
  const TempDirectory directory;
  const std::string text = "#" + std::string(kConfigFileBytesMax - 1, 'x');
  for (const char* name : {"a.toml", "b.toml", "c.toml", "d.toml"}) directory.Write(name, text);
  CHECK(LoadPaths({directory.path()}).config != nullptr);
  const std::string last = directory.Write("e.toml", "#");
  CHECK(Text(LoadPaths({directory.path()})) ==
        last + ": all files together are larger than 16777216 bytes\n");
}

TEST_CASE("the number of files is bounded") {
  const TempDirectory directory;
  for (size_t i = 0; i < kConfigFilesMax + 5; ++i) {
    directory.Write(std::to_string(1000 + i) + ".toml", "");
  }
  CHECK(Text(LoadPaths({directory.path()})) ==
        directory.path() + "/1256.toml: more than 256 files\n");
}

TEST_CASE("values come from real files and a given environment") {
  const TempDirectory directory;
  const std::string level = directory.Write("level", "warn\n");
  const std::string path =
      directory.Write("a.toml", "[log]\nlevel = '${file:" + level +
                                    "}'\nformat = '${env:FORMAT}'\n" + Instance("a"));
  ConfigSource source;
  source.paths = {path};
  const auto result = LoadConfig(source, FakeLookup(), [](const char* name) -> const char* {
    return std::string_view(name) == "FORMAT" ? "json" : nullptr;
  });
  REQUIRE(Text(result) == "");
  CHECK(result.config->log_level == "warn");
  CHECK(result.config->log_format == "json");
}

TEST_CASE("plugin directories can be read before any type is known") {
  const TempDirectory directory;
  directory.Write("a.toml", "plugin_dirs = ['/a', '/b']\n[exporters.x]\ntype = 'unheard_of'\n");
  directory.Write("b.toml", "plugin_dirs = ['/c']\n");
  directory.Write("c.toml", "plugin_dirs = \n");
  ConfigSource source;
  source.paths = {directory.path(), directory.path() + "/none"};
  CHECK(ReadPluginDirs(source, NoVariables) == Strings{"/a", "/b"});
  CHECK(ReadPluginDirs({}, NoVariables).empty());
}

}  // namespace
}  // namespace pillion
