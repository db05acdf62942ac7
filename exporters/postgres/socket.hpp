// What libpq doesn't tell about its socket.
#pragma once

#include <cstddef>

namespace pillion::postgres {

// Bytes that wait to be read. libpq reads whatever there is, so this is how much its buffers grow.
size_t WaitingBytes(int fd);

// Whether the other side has closed or reset the connection and nothing is left to be read.
bool IsClosedByPeer(int fd);

// Lets at most `bytes` wait to be read, if it is a TCP socket. (On a unix socket what waits is
// bounded by the sender's buffer, 208 KiB by default.)
void BoundWaitingBytes(int fd, int bytes);

}  // namespace pillion::postgres
