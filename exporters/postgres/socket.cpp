#include "socket.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

namespace pillion::postgres {

size_t WaitingBytes(int fd) {
  int bytes = 0;
  if (ioctl(fd, FIONREAD, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<size_t>(bytes);
}

bool IsClosedByPeer(int fd) {
  char byte = 0;
  const ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void BoundWaitingBytes(int fd, int bytes) {
  // The kernel takes half of it for its own bookkeeping.
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

}  // namespace pillion::postgres
