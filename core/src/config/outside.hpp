// Outside: what a configuration reads beside its own text: variables and files. Tests and the
// fuzz target give their own, so that nothing of the machine leaks in.
#pragma once

#include <pillion/result.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace pillion {

struct Outside {
  std::function<const char*(const char*)> variable;  // nullptr: not set
  std::function<Result<std::string>(const std::string& path)> file;
};

// `kRegular` refuses pipes and devices, which could block or never end.
enum class FileKind { kRegular, kAny };

// A file that is read from its beginning to its end. Opening one never waits: a pipe that nobody
// has open for writing is an error, and one that somebody has is waited for by Read() only.
// Errors are the system's reason, without the path. Threads: one.
class InputFile {
 public:
  static Result<InputFile> Open(const std::string& path, FileKind kind);
  static InputFile Stdin();  // waited for, whatever it is
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;

  // 0: the end.
  Result<size_t> Read(char* to, size_t size);
  size_t expected() const { return expected_; }  // bytes, where the system says

 private:
  explicit InputFile(int fd) : fd_(fd) {}

  int fd_;
  bool waits_ = true;  // false: a pipe that nothing was read of yet
  size_t expected_ = 0;
};

// A whole file of at most `bytes_max`; errors as InputFile's.
Result<std::string> ReadFileText(const std::string& path, size_t bytes_max, FileKind kind);

// For Outside::file: a regular file. Errors name the path.
Result<std::string> ReadSecretFile(const std::string& path, size_t bytes_max);

}  // namespace pillion
