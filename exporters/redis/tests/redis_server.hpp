// RedisServer: a redis-server of one test: own directory, own port and unix socket, no dump, gone
// with the test. Wire: what a test itself asks it.
//
// A machine without redis-server: MissingServer() says so once per test, and the test passes as
// skipped.
#pragma once

#include <sys/types.h>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis::testing {

// True, after a line `SKIPPED: ...`, if there is no redis-server here.
bool MissingServer();

// A port of 127.0.0.1 that is free at this moment.
int FreePort();

class RedisServer {
 public:
  // Starts it and waits until it answers. Throws std::runtime_error if it doesn't within 20 s.
  explicit RedisServer(std::vector<std::string> arguments = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string socket() const { return directory_ + "/redis.sock"; }
  int port() const { return port_; }

  // Sends one command over a connection of its own and gives the raw reply (an INFO's text, an
  // error line ...), without logging in. Empty if there is none within 5 s.
  std::string Ask(const std::vector<std::string>& words) const;
  // The number after `field:` in INFO; -1 if it is not there.
  double InfoNumber(const std::string& field) const;

  void Signal(int number) const;
  // Ends the process, by SIGKILL. The directory stays.
  void Kill();
  // Starts it anew on the same port and socket.
  void Start();

 private:
  bool Answers() const;

  std::vector<std::string> arguments_;
  std::string directory_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace pillion::redis::testing
