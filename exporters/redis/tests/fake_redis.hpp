// A Redis that answers from saved replies, for hermetic tests of the exporter.
//
//   FakeRedis redis(Folder("redis_7.0"));        // testdata/redis_7.0
//   redis.Set("CONFIG GET", Bulk("..."));        // before the exporter connects
//   TestHost host(Entry(), {.options = {{"address", redis.address()}}});
//   ...
//   CHECK(redis.commands() == std::vector<std::string>{"CLIENT SETNAME pillion", "INFO ALL"});
//
// Threads: Set, Break and commands from the test's thread at any time.
#pragma once

#include <pillion/plugin.h>
#include <pillion/testing/scripted_server.hpp>

#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#ifdef PILLION_LINKED_EXPORTERS
extern "C" const pillion_plugin* pillion_entry_redis();
#else
extern "C" const pillion_plugin* pillion_plugin_entry();
#endif

namespace pillion::redis::testing {

using pillion::testing::ScriptedServer;
using pillion::testing::Transport;

inline const pillion_plugin* Entry() {
#ifdef PILLION_LINKED_EXPORTERS
  return pillion_entry_redis();
#else
  return pillion_plugin_entry();
#endif
}

inline std::string Folder(std::string_view name) {
  return PILLION_SOURCE_DIR "/exporters/redis/testdata/" + std::string(name);
}

inline bool Exists(const std::string& path) { return std::ifstream(path).good(); }

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// INFO as a server sends it: the files have plain line ends.
inline std::string WithCrLf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out.push_back('\r');
    out.push_back(c);
  }
  return out;
}

inline std::string Bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

// An array of raw replies, and one of bulk strings.
inline std::string Array(const std::vector<std::string>& raw) {
  std::string text = "*" + std::to_string(raw.size()) + "\r\n";
  for (const std::string& item : raw) text += item;
  return text;
}

inline std::string Bulks(const std::vector<std::string>& texts) {
  std::vector<std::string> raw;
  for (const std::string& text : texts) raw.push_back(Bulk(text));
  return Array(raw);
}

class FakeRedis {
 public:
  using Connection = ScriptedServer::Connection;

  // An empty server: it answers what was Set, and +OK to AUTH and CLIENT SETNAME.
  FakeRedis() : server_([this](Connection& c) { Serve(c); }) {}
  // Answers from a folder of testdata; what has no file is an unknown command.
  explicit FakeRedis(const std::string& folder) : FakeRedis() {
    SetText("INFO ALL", folder + "/info.txt");
    SetText("CLUSTER INFO", folder + "/cluster_info.txt");
    SetRaw("CONFIG GET", folder + "/config.resp");
    SetRaw("CONFIG GET *", folder + "/config_all.resp");
    SetRaw("SLOWLOG LEN", folder + "/slowlog_len.resp");
    SetRaw("SLOWLOG GET", folder + "/slowlog_get.resp");
    SetRaw("COMMANDLOG LEN slow", folder + "/commandlog_len_slow.resp");
    SetRaw("COMMANDLOG LEN large-request", folder + "/commandlog_len_large_request.resp");
    SetRaw("COMMANDLOG LEN large-reply", folder + "/commandlog_len_large_reply.resp");
    SetRaw("LATENCY LATEST", folder + "/latency_latest.resp");
    SetRaw("LATENCY HISTOGRAM", folder + "/latency_histogram.resp");
    SetRaw("SENTINEL MASTERS", folder + "/sentinel_masters.resp");
    for (const std::string master : {"orders", "lost"}) {
      for (const std::string what : {"ckquorum", "sentinels", "slaves"}) {
        std::string command = "SENTINEL ";
        for (const char c : what) command.push_back(static_cast<char>(c - 'a' + 'A'));
        command.append(" ").append(master);
        std::string path = folder;
        path.append("/sentinel_").append(what).append("_").append(master).append(".resp");
        SetRaw(command, path);
      }
    }
  }

  std::string address() const { return server_.address(); }
  size_t connections() const { return server_.connections(); }

  // Answers a connection of another server.
  void Play(Connection& c) { Serve(c); }
  // The raw reply to every command that begins so, until a longer beginning is set.
  void Set(const std::string& command, std::string reply) {
    const std::lock_guard lock(mutex_);
    std::erase_if(replies_, [&](const auto& entry) { return entry.first.starts_with(command); });
    replies_[command] = std::move(reply);
  }
  // Closes the connection instead of answering such a command, `times` times.
  void CloseAt(const std::string& command, int times) {
    const std::lock_guard lock(mutex_);
    close_at_ = command;
    close_times_ = times;
  }
  // All commands so far, words joined by blanks.
  std::vector<std::string> commands() const {
    const std::lock_guard lock(mutex_);
    return commands_;
  }
  void Forget() {
    const std::lock_guard lock(mutex_);
    commands_.clear();
  }

 private:
  void SetText(const std::string& command, const std::string& path) {
    if (Exists(path)) Set(command, Bulk(WithCrLf(ReadFile(path))));
  }
  void SetRaw(const std::string& command, const std::string& path) {
    if (Exists(path)) Set(command, ReadFile(path));
  }

  // One command as RESP arrays carry it; empty at the end of the connection.
  static std::string ReadCommand(Connection& c) {
    const std::string head = c.ReadUntil("\r\n");
    if (head.size() < 2 || head[0] != '*') return {};
    std::string command;
    for (long words = std::strtol(head.c_str() + 1, nullptr, 10); words > 0; --words) {
      const std::string length = c.ReadUntil("\r\n");
      if (length.size() < 2) return {};
      const auto size = static_cast<size_t>(std::strtoul(length.c_str() + 1, nullptr, 10));
      if (!command.empty()) command.push_back(' ');
      command.append(c.Read(size + 2), 0, size);
    }
    return command;
  }

  void Serve(Connection& c) {
    while (true) {
      const std::string command = ReadCommand(c);
      if (command.empty()) return;
      std::string reply;
      {
        const std::lock_guard lock(mutex_);
        commands_.push_back(command);
        if (close_times_ > 0 && command == close_at_) {
          --close_times_;
          return;
        }
        reply = ReplyTo(command);
      }
      if (!c.Send(reply)) return;
    }
  }

  std::string ReplyTo(const std::string& command) const {
    const std::string* best = nullptr;
    size_t length = 0;
    for (const auto& [begin, reply] : replies_) {
      if (!command.starts_with(begin) || begin.size() < length) continue;
      best = &reply;
      length = begin.size();
    }
    if (best != nullptr) return *best;
    if (command.starts_with("AUTH ") || command.starts_with("CLIENT ")) return "+OK\r\n";
    return "-ERR unknown command '" + command + "'\r\n";
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> replies_;
  std::vector<std::string> commands_;
  std::string close_at_;
  int close_times_ = 0;
  ScriptedServer server_;  // last: its threads use the rest
};

}  // namespace pillion::redis::testing
