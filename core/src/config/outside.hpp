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

// A whole file of at most `bytes_max`. Errors name the path and the system's reason. `kRegular`
// refuses pipes and devices, which could block or never end.
enum class FileKind { kRegular, kAny };
Result<std::string> ReadFileText(const std::string& path, size_t bytes_max, FileKind kind);

}  // namespace pillion
