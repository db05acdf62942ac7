// The collectors of modules, of Tile38 and of the dump's file.
#include "collect.hpp"
#include "info_fields.hpp"
#include "tables.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace pillion::redis {
namespace {

// "name=search,ver=21005,api=1,filters=0,usedby=[],using=[ReJSON],options=[]"
void AddModule(Sink& sink, std::string_view text) {
  std::string_view name, version, api, filters, used_by, uses;
  const struct {
    std::string_view key;
    std::string_view* into;
  } wanted[] = {{"name", &name},       {"ver", &version},    {"api", &api},
                {"filters", &filters}, {"usedby", &used_by}, {"using", &uses}};
  for (PairCursor pairs(text); auto pair = pairs.Next();) {
    for (const auto& want : wanted) {
      if (want.key == pair->name) *want.into = pair->value;
    }
  }
  if (name.empty()) return;
  sink.Add(FamilyOf(kModuleInfo), {name, version, api, filters, used_by, uses}, 1);
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void AddModules(std::string_view text, Sink& sink) {
  for (FieldCursor at(text); auto field = at.Next();) {
    if (field->name == "module") {
      AddModule(sink, field->value);
    } else {
      AddField(sink, kModules, *field);
    }
  }
}

Result<void> CollectModules(const Reading& reading, Sink& sink) {
  if (reading.server.sentinel) return {};
  const auto modules = reading.answers.Get(Ask::kInfoModules);
  if (!modules) return modules.error();
  AddModules(TextOf(*modules), sink);
  return {};
}

Result<void> CollectTile38(const Reading& reading, Sink& sink) {
  const auto server = reading.answers.Get(Ask::kServerExt);
  if (!server) return server.error();
  const auto pairs = ElementsOf(*server);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    std::string name(TextOf(pairs[i]));
    if (!name.starts_with("tile38_")) name.insert(0, "tile38_");
    AddField(sink, kTile38, {name, TextOf(pairs[i + 1])});
  }
  return {};
}

Result<void> CollectRdbFile(const Reading& reading, Sink& sink) {
  if (reading.server.sentinel) return {};
  if (reading.settings.config_command.empty()) {
    return Error{Reason::kVersion, "the file's name comes from CONFIG, see `config_command`"};
  }
  const auto config = reading.answers.Get(Ask::kConfig);
  if (!config) return config.error();
  std::string path = reading.settings.rdb_directory;
  if (path.empty()) path = ValueIn(*config, "dir");
  const std::string_view name = ValueIn(*config, "dbfilename");
  if (path.empty() || name.empty() || name == "." || name == ".." || BaseName(name) != name) {
    return Error{Reason::kProtocol, "CONFIG GET tells no `dir` and no plain `dbfilename`"};
  }
  path.append("/").append(name);
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    const int error = errno;
    if (error != ENOENT) {
      return Error{error == EACCES ? Reason::kPermission : Reason::kInternal,
                   path + ": " + std::generic_category().message(error)};
    }
  } else if (!S_ISREG(file.st_mode)) {
    return Error{Reason::kProtocol, path + " is no regular file"};
  }
  sink.Add(FamilyOf(kRdbFileSize), static_cast<double>(file.st_size));  // 0: there is none
  return {};
}

}  // namespace pillion::redis
