#include "config/outside.hpp"

#include "config/problems.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace pillion {
namespace {

Error SystemError() { return {Reason::kInternal, std::generic_category().message(errno)}; }

}  // namespace

Result<InputFile> InputFile::Open(const std::string& path, FileKind kind) {
  // A NUL would make the system read another file than the one that is named.
  if (path.find('\0') != std::string::npos) return Error{Reason::kInternal, "the name holds a NUL"};
  // Else opening a pipe would wait until somebody writes.
  InputFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.fd_ < 0 || ::fstat(file.fd_, &status) != 0) return SystemError();
  if (kind == FileKind::kRegular && !S_ISREG(status.st_mode)) {
    return Error{Reason::kInternal, "not a regular file"};
  }
  if (S_ISREG(status.st_mode)) file.expected_ = static_cast<size_t>(status.st_size);
  file.waits_ = !S_ISFIFO(status.st_mode);
  if (file.waits_ && ::fcntl(file.fd_, F_SETFL, 0) != 0) return SystemError();
  return file;
}

InputFile InputFile::Stdin() { return InputFile(::dup(STDIN_FILENO)); }

InputFile::InputFile(InputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), waits_(other.waits_), expected_(other.expected_) {}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<size_t> InputFile::Read(char* to, size_t size) {
  for (;;) {
    const ssize_t got = ::read(fd_, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (waits_ && got < 0) return SystemError();
    if (waits_) return static_cast<size_t>(got);
    // The first look into a pipe: without a writer it is at its end at once, else it would block.
    if (got < 0 && errno != EAGAIN) return SystemError();
    if (got == 0) return Error{Reason::kInternal, "a pipe that nobody writes to"};
    if (::fcntl(fd_, F_SETFL, 0) != 0) return SystemError();
    waits_ = true;
    if (got > 0) return static_cast<size_t>(got);
  }
}

Result<std::string> ReadFileText(const std::string& path, size_t bytes_max, FileKind kind) {
  auto file = InputFile::Open(path, kind);
  if (!file) return file.error();
  std::string text;
  // Once at its full size, so that growing leaves no copies of a secret behind.
  text.resize(std::min(file->expected(), bytes_max) + 1);
  size_t used = 0;
  while (used <= bytes_max) {
    if (used == text.size()) text.resize(std::min(2 * used, bytes_max + 1));
    const auto got = file->Read(text.data() + used, text.size() - used);
    if (!got) return got.error();
    if (*got == 0) break;
    used += *got;
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
