// A file that a configuration names, read whole.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pillion/result.hpp>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

namespace pillion {

// Never waits: what is no regular file is refused, for opening a pipe without a writer would wait
// for one, and a device may never end. Errors name the path: kLimit (more than `bytes_max`),
// kInternal (there is no such file, or it cannot be read).
inline Result<std::string> ReadTextFile(const std::string& path, size_t bytes_max) {
  const auto failure = [&](const char* why) {
    return Error{Reason::kInternal, "cannot read " + path + ": " + why};
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failure(std::strerror(errno));
  struct stat status {};
  const bool is_file = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  std::string text;
  ssize_t got = is_file ? 1 : 0;
  while (got > 0 && text.size() <= bytes_max) {
    char piece[16 * 1024];
    got = ::read(fd, piece, sizeof(piece));
    if (got > 0) text.append(piece, static_cast<size_t>(got));
  }
  const int error = errno;
  ::close(fd);
  if (!is_file) return failure("it is no regular file");
  if (got < 0) return failure(std::strerror(error));
  if (text.size() > bytes_max) {
    return Error{Reason::kLimit, path + " is larger than " + std::to_string(bytes_max) + " bytes"};
  }
  return text;
}

}  // namespace pillion
