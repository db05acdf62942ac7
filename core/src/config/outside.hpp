// Outside: what a configuration reads beside its own text: variables and files. Tests and the
// fuzz target give their own, so that nothing of the machine leaks in.
#pragma once

#include <pillion/result.hpp>

#include <functional>
#include <string>

namespace pillion {

struct Outside {
  std::function<const char*(const char*)> variable;  // nullptr: not set
  std::function<Result<std::string>(const std::string& path)> file;
};

// A whole file of at most `bytes_max`. Errors are the system's reason, without the path. `kRegular`
// refuses pipes and devices, which could block or never end.
enum class FileKind { kRegular, kAny };
Result<std::string> ReadFileText(const std::string& path, size_t bytes_max, FileKind kind);

// For Outside::file: a regular file. Errors name the path.
Result<std::string> ReadSecretFile(const std::string& path, size_t bytes_max);

}  // namespace pillion
