// ScriptedServer: a server on loopback that plays a script, for tests of protocols and of their
// failures. The script is a function that is called for each connection, on a thread of its own.
//
//   ScriptedServer server([](ScriptedServer::Connection& c) {
//     c.Expect("PING\r\n");
//     c.WaitUntilTold();        // until the test calls server.Tell()
//     c.Drip("+PONG\r\n");
//     c.Silence();              // accept and say nothing more, until the peer closes
//   });
//   TestHost host(entry(), {.options = {{"address", server.address()}}});
//
// A script blocks as it likes: every call ends when the server is destroyed. When the script
// returns, the connection is closed. Calls return false once the connection is over or the test
// has ended; a script that has nothing to decide may ignore that.
//
// Threads: the script runs on the connection's thread, so what it shares with the test needs
// atomics, or received() and errors(). All methods of ScriptedServer may be called from any
// thread. The destructor stops and joins all threads; it must not run inside a script.
//
// The trap: a script that differs from what came (Expect) does not stop the test. Check errors().
//
// Bounds: 64 connections; further ones are closed at once.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pillion::testing {

enum class Transport { kTcp, kUnix };

class ScriptedServer {
 public:
  class Connection;
  using Script = std::function<void(Connection&)>;

  // Listens when the constructor returns, on 127.0.0.1 and a free port, or on a socket file in a
  // temporary directory that goes with the server. Throws std::runtime_error if it cannot.
  explicit ScriptedServer(Script script, Transport transport = Transport::kTcp);
  ~ScriptedServer();

  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return port_; }            // 0 for a unix socket
  const std::string& path() const { return path_; }  // of the socket; empty for TCP
  const std::string& directory() const { return directory_; }
  // "127.0.0.1:PORT", or the path.
  std::string address() const {
    return path_.empty() ? "127.0.0.1:" + std::to_string(port_) : path_;
  }

  // Lets one WaitUntilTold() go on, now or when it comes.
  void Tell();
  // Waits until a script has called Mark(name); false after 10 s.
  bool WaitForMark(const std::string& name);

  // Closes the listening socket: from now on connections are refused. Those that are open stay.
  void StopListening();

  size_t connections() const;               // accepted so far
  std::string received() const;             // by all connections, in the order of their numbers
  std::vector<std::string> errors() const;  // what differed from the script

 private:
  static constexpr size_t kConnectionsMax = 64;

  void Listen(Transport transport);
  void Accept();
  void Serve(int fd, size_t number);
  // Waits for events on fd (-1: only for time); false when the server stops.
  bool Await(int fd, short events, int wait_ms = -1) const;

  const Script script_;
  int listen_fd_ = -1;
  const int stop_fd_;
  uint16_t port_ = 0;
  std::string directory_;
  std::string path_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::atomic<bool> listening_ = true;
  size_t told_ = 0;
  std::map<std::string, size_t> marks_;
  std::map<size_t, std::string> received_;
  std::vector<std::string> errors_;
  std::vector<std::thread> threads_;  // of connections
  std::thread accept_thread_;
};

// What a script can do with its peer. Only on the script's thread.
class ScriptedServer::Connection {
 public:
  size_t number() const { return number_; }  // 1 for the first of the server

  // Reads exactly as many bytes and compares them; notes an error if they differ.
  bool Expect(std::string_view bytes);
  // Reads exactly `size` bytes, or fewer if the connection ends.
  std::string Read(size_t size);
  // Reads up to and including `end`.
  std::string ReadUntil(std::string_view end);

  bool Send(std::string_view bytes);
  // One byte at a time, each sent for itself.
  bool Drip(std::string_view bytes, std::chrono::milliseconds pause = std::chrono::milliseconds(1));
  // Again and again until the peer closes or the test ends.
  void SendForever(std::string_view bytes);

  // Reads and drops until the peer closes or the test ends.
  void Silence();
  // Neither reads nor writes until the test ends: the peer's window fills up.
  void Hang() { server_.Await(-1, 0); }
  bool WaitUntilTold();
  // Says that the script has come this far.
  void Mark(const std::string& name);

  // No more bytes from here, but the peer may still send.
  void CloseWrite() { shutdown(fd_, SHUT_WR); }
  void Close();
  // Closes with a reset instead of an end.
  void Reset();

 private:
  friend class ScriptedServer;
  Connection(ScriptedServer& server, int fd, size_t number)
      : server_(server), fd_(fd), number_(number) {}
  // Appends what came to buffer_; false at the end.
  bool Fill();

  ScriptedServer& server_;
  int fd_;
  const size_t number_;
  std::string buffer_;  // read and not yet taken by the script
};

// A port of 127.0.0.1 on which nobody listens and nobody can, as long as this lives.
class ClosedPort {
 public:
  ClosedPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("ClosedPort: cannot bind to 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
  }
  ~ClosedPort() { close(fd_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_;
  uint16_t port_ = 0;
};

inline ScriptedServer::ScriptedServer(Script script, Transport transport)
    : script_(std::move(script)), stop_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  Listen(transport);
  accept_thread_ = std::thread([this] { Accept(); });
}

inline ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = write(stop_fd_, &one, sizeof one);
  changed_.notify_all();
  accept_thread_.join();
  for (std::thread& thread : threads_) thread.join();
  close(stop_fd_);
  if (!path_.empty()) {
    unlink(path_.c_str());
    rmdir(directory_.c_str());
  }
}

inline void ScriptedServer::Listen(Transport transport) {
  const int family = transport == Transport::kTcp ? AF_INET : AF_UNIX;
  listen_fd_ = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int bound = -1;
  if (transport == Transport::kTcp) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bound = bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  } else {
    char name[] = "/tmp/pillion-test-XXXXXX";
    if (mkdtemp(name) == nullptr) throw std::runtime_error("ScriptedServer: no directory in /tmp");
    directory_ = name;
    path_ = directory_ + "/socket";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path_.c_str());
    bound = bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  if (bound != 0 || listen(listen_fd_, 64) != 0) {
    throw std::runtime_error("ScriptedServer: cannot listen on " + address());
  }
}

inline bool ScriptedServer::Await(int fd, short events, int wait_ms) const {
  pollfd fds[2] = {{fd, events, 0}, {stop_fd_, POLLIN, 0}};
  int n = 0;
  do {
    n = poll(fds, 2, wait_ms);
  } while (n < 0 && errno == EINTR);
  return n >= 0 && fds[1].revents == 0;
}

inline void ScriptedServer::Accept() {
  size_t number = 0;
  while (Await(listen_fd_, POLLIN) && listening_) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) continue;
    if (number == kConnectionsMax) {
      close(fd);
      continue;
    }
    ++number;
    const std::lock_guard lock(mutex_);
    received_[number];
    threads_.emplace_back([this, fd, number] { Serve(fd, number); });
  }
  const std::lock_guard lock(mutex_);
  close(listen_fd_);
  listen_fd_ = -1;
  changed_.notify_all();
}

inline void ScriptedServer::Serve(int fd, size_t number) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // fails on a unix socket
  Connection connection(*this, fd, number);
  try {
    script_(connection);
  } catch (const std::exception& e) {
    const std::lock_guard lock(mutex_);
    errors_.push_back("connection " + std::to_string(number) + ": " + e.what());
  }
  connection.Close();
}

inline void ScriptedServer::StopListening() {
  std::unique_lock lock(mutex_);
  listening_ = false;
  if (listen_fd_ >= 0) shutdown(listen_fd_, SHUT_RDWR);  // wakes the thread in Accept
  changed_.wait(lock, [this] { return listen_fd_ < 0; });
}

inline void ScriptedServer::Tell() {
  const std::lock_guard lock(mutex_);
  ++told_;
  changed_.notify_all();
}

inline bool ScriptedServer::WaitForMark(const std::string& name) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return marks_.count(name) != 0; });
}

inline size_t ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return received_.size();
}

inline std::string ScriptedServer::received() const {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const auto& [_, bytes] : received_) all += bytes;
  return all;
}

inline std::vector<std::string> ScriptedServer::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

inline bool ScriptedServer::Connection::Fill() {
  char bytes[4096];
  while (fd_ >= 0 && server_.Await(fd_, POLLIN)) {
    const ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(n));
    const std::lock_guard lock(server_.mutex_);
    server_.received_[number_].append(bytes, static_cast<size_t>(n));
    return true;
  }
  return false;
}

inline std::string ScriptedServer::Connection::Read(size_t size) {
  while (buffer_.size() < size && Fill()) {
  }
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, taken.size());
  return taken;
}

inline std::string ScriptedServer::Connection::ReadUntil(std::string_view end) {
  while (buffer_.find(end) == std::string::npos && Fill()) {
  }
  const size_t at = buffer_.find(end);
  return Read(at == std::string::npos ? buffer_.size() : at + end.size());
}

inline bool ScriptedServer::Connection::Expect(std::string_view bytes) {
  const std::string got = Read(bytes.size());
  if (got == bytes) return true;
  const std::lock_guard lock(server_.mutex_);
  server_.errors_.push_back("connection " + std::to_string(number_) + ": expected `" +
                            std::string(bytes) + "`, got `" + got + "`");
  return false;
}

inline bool ScriptedServer::Connection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (fd_ < 0 || !server_.Await(fd_, POLLOUT)) return false;
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

inline bool ScriptedServer::Connection::Drip(std::string_view bytes,
                                             std::chrono::milliseconds pause) {
  for (const char byte : bytes) {
    if (!Send({&byte, 1})) return false;
    if (!server_.Await(-1, 0, static_cast<int>(pause.count()))) return false;
  }
  return true;
}

inline void ScriptedServer::Connection::SendForever(std::string_view bytes) {
  while (!bytes.empty() && Send(bytes)) {
  }
}

inline void ScriptedServer::Connection::Silence() {
  while (Fill()) buffer_.clear();
}

inline bool ScriptedServer::Connection::WaitUntilTold() {
  std::unique_lock lock(server_.mutex_);
  server_.changed_.wait(lock, [this] { return server_.stopping_ || server_.told_ > 0; });
  if (server_.stopping_) return false;
  --server_.told_;
  return true;
}

inline void ScriptedServer::Connection::Mark(const std::string& name) {
  const std::lock_guard lock(server_.mutex_);
  ++server_.marks_[name];
  server_.changed_.notify_all();
}

inline void ScriptedServer::Connection::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

inline void ScriptedServer::Connection::Reset() {
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  Close();
}

}  // namespace pillion::testing
