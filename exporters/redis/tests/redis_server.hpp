// RedisServer: a redis-server of one test: own directory, own port and unix socket, no dump, gone
// with the test. Wire: what a test itself asks it.
//
// PILLION_REDIS_SERVER names another program than Debian's redis-server, such as a valkey-server.
// A machine without one: MissingServer() says so once per test, and the test passes as skipped.
#pragma once

#include <sys/types.h>
#include <memory>
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
  // A sentinel with these lines of configuration.
  static std::unique_ptr<RedisServer> Sentinel(const std::string& lines);
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
  // Valkey 8.1 or later.
  bool HasCommandlog() const { return InfoNumber("valkey_version") >= 8.1; }

  bool running() const { return pid_ > 0; }
  void Signal(int number) const;
  // Ends the process, by SIGKILL. The directory stays.
  void Kill();
  // Starts it anew on the same port and socket.
  void Start();

 private:
  struct SentinelTag {};
  RedisServer(SentinelTag, const std::string& lines);
  void MakeDirectory();
  std::vector<std::string> Words() const;
  bool Answers() const;

  std::vector<std::string> arguments_;
  std::string sentinel_config_;  // its path; empty: no sentinel
  std::string directory_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace pillion::redis::testing
