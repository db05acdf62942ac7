// ListenSocket: a bound, listening, non-blocking descriptor and what was done to get it.
//
// TCP sockets have SO_REUSEADDR. A unix socket's file gets mode 0660 before anyone can connect;
// a file that a dead process left is replaced, a living one's is not; the file is removed when
// the ListenSocket is destroyed, if it is still ours.
#pragma once

#include "config/listen_address.hpp"

#include <pillion/result.hpp>

#include <cstdint>
#include <string>

namespace pillion {

class ListenSocket {
 public:
  // As socket(2). Tests hand in one of a kernel without IPv6.
  using SocketFunction = int (*)(int domain, int type, int protocol);

  // On error the message names the address and the reason. A wildcard IPv6 address becomes
  // 0.0.0.0 where the kernel has no IPv6.
  static Result<ListenSocket> Open(const ListenAddress& address, SocketFunction socket);
  static Result<ListenSocket> Open(const ListenAddress& address);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket();

  int fd() const { return fd_; }
  // The real one: what port 0 became, 0.0.0.0 after a fall-back.
  const ListenAddress& address() const { return address_; }

 private:
  explicit ListenSocket(int fd) : fd_(fd) {}

  int fd_;
  ListenAddress address_;
  // Identity of the unix socket's file, so that only our own is removed.
  uint64_t device_ = 0;
  uint64_t inode_ = 0;

  static Result<ListenSocket> OpenTcp(const ListenAddress& address, SocketFunction socket);
  static Result<ListenSocket> OpenUnix(const ListenAddress& address);
};

}  // namespace pillion
