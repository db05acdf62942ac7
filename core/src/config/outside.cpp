#include "config/outside.hpp"

#include "config/problems.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace pillion {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

Error SystemError() { return {Reason::kInternal, std::generic_category().message(errno)}; }

}  // namespace

Result<std::string> ReadFileText(const std::string& path, size_t bytes_max, FileKind kind) {
  // A NUL would make the system read another file than the one that is named.
  if (path.find('\0') != std::string::npos) return Error{Reason::kInternal, "the name holds a NUL"};
  // Opening a pipe blocks until somebody writes.
  const int flags = O_RDONLY | O_CLOEXEC | (kind == FileKind::kRegular ? O_NONBLOCK : 0);
  const Descriptor file(::open(path.c_str(), flags));
  if (file.get() < 0) return SystemError();
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return SystemError();
  if (kind == FileKind::kRegular && !S_ISREG(status.st_mode)) {
    return Error{Reason::kInternal, "not a regular file"};
  }
  std::string text;
  // Once at its full size, so that growing leaves no copies of a secret behind.
  const size_t expected = S_ISREG(status.st_mode) ? static_cast<size_t>(status.st_size) : 0;
  text.resize(std::min(expected, bytes_max) + 1);
  size_t used = 0;
  while (used <= bytes_max) {
    if (used == text.size()) text.resize(std::min(2 * used, bytes_max + 1));
    const ssize_t got = ::read(file.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError();
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  if (used > bytes_max) {
    return Error{Reason::kLimit, fmt::format("larger than {} bytes", bytes_max)};
  }
  text.resize(used);
  return text;
}

Result<std::string> ReadSecretFile(const std::string& path, size_t bytes_max) {
  Result<std::string> text = ReadFileText(path, bytes_max, FileKind::kRegular);
  if (text) return text;
  return Error{text.error().reason,
               fmt::format("cannot read `{}`: {}", Printable(path), text.error().message)};
}

}  // namespace pillion
