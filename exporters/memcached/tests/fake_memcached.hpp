// A memcached that answers from saved stats, for hermetic tests of the exporter.
//
//   FakeMemcached server("memcached_1.6.18");   // testdata/memcached_1.6.18
//   server.Set("stats slabs", "ERROR\r\n");
//   TestHost host(MEMCACHED_ENTRY(), {.options = {{"address", server.address()}}});
//
// Threads: Set, CloseAt and commands from the test's thread at any time.
#pragma once

#include <pillion/plugin.h>
#include <pillion/testing/scripted_server.hpp>

#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

extern "C" const pillion_plugin* MEMCACHED_ENTRY();

namespace pillion::memcached::testing {

using pillion::testing::ScriptedServer;
using pillion::testing::Transport;

inline std::string ReadFile(const std::string& name) {
  std::ifstream file(std::string(MEMCACHED_TESTDATA) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Saved stats as they came: with CR, and the END behind them.
inline std::string Recorded(const std::string& name) {
  std::string answer;
  for (const char c : ReadFile(name)) {
    if (c == '\n') answer.push_back('\r');
    answer.push_back(c);
  }
  return answer + "END\r\n";
}

class FakeMemcached {
 public:
  using Connection = ScriptedServer::Connection;

  explicit FakeMemcached(const std::string& folder = "memcached_1.6.18",
                         Transport transport = Transport::kTcp)
      : answers_{{"stats", Recorded(folder + "/stats.txt")},
                 {"stats settings", Recorded(folder + "/settings.txt")},
                 {"stats slabs", Recorded(folder + "/slabs.txt")},
                 {"stats items", Recorded(folder + "/items.txt")}},
        server_([this](Connection& c) { Serve(c); }, transport) {}

  std::string address() const { return server_.address(); }
  size_t connections() const { return server_.connections(); }

  void Set(const std::string& command, std::string answer) {
    const std::lock_guard lock(mutex_);
    answers_[command] = std::move(answer);
  }
  // From now on `user password` must be said first, on new connections.
  void Allow(std::string user_and_password) {
    const std::lock_guard lock(mutex_);
    allowed_ = std::move(user_and_password);
  }
  // Closes the connection instead of answering this command, once.
  void CloseAt(const std::string& command) {
    const std::lock_guard lock(mutex_);
    close_at_ = command;
  }
  std::vector<std::string> commands() const {
    const std::lock_guard lock(mutex_);
    return commands_;
  }

 private:
  void Serve(Connection& c) {
    bool in = false;
    while (true) {
      std::string line = c.ReadUntil("\r\n");
      if (!line.ends_with("\r\n")) return;
      line.resize(line.size() - 2);
      std::string value;
      if (line.starts_with("set ")) value = c.ReadUntil("\r\n");
      std::string answer;
      {
        const std::lock_guard lock(mutex_);
        commands_.push_back(line);
        if (line == std::exchange(close_at_, line == close_at_ ? "" : close_at_)) return;
        answer = AnswerTo(line, value, in);
      }
      if (!c.Send(answer)) return;
    }
  }

  std::string AnswerTo(const std::string& line, const std::string& value, bool& in) const {
    if (line.starts_with("set ")) {
      const std::string size = " " + std::to_string(value.size() - 2);
      in = value == allowed_ + "\r\n" && line.ends_with(size);
      return in ? "STORED\r\n" : "CLIENT_ERROR authentication failure\r\n";
    }
    if (!allowed_.empty() && !in) return "CLIENT_ERROR unauthenticated\r\n";
    const auto answer = answers_.find(line);
    return answer == answers_.end() ? "ERROR\r\n" : answer->second;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> answers_;
  std::string allowed_;
  std::string close_at_;
  std::vector<std::string> commands_;
  ScriptedServer server_;  // last: its threads use the rest
};

}  // namespace pillion::memcached::testing
