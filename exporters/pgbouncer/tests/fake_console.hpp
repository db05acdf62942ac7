// PgBouncer's console in a script: the simple protocol, answers as psql -A prints them.
#pragma once

#include <pillion/testing/scripted_server.hpp>

#include <atomic>
#include <cstdint>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion::pgbouncer {

using testing::ScriptedServer;

inline std::string Int16(int value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}
inline std::string Int32(int64_t value) {
  return Int16(static_cast<int>(value >> 16 & 0xffff)) + Int16(static_cast<int>(value & 0xffff));
}
inline std::string Terminated(std::string_view text) { return std::string(text) + '\0'; }
inline std::string Message(char type, std::string_view body) {
  return type + Int32(static_cast<int64_t>(body.size()) + 4) + std::string(body);
}
inline size_t BodySize(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4 && i < bytes.size(); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value < 4 || value > 100'000 ? 0 : value - 4;
}

inline const std::string kReady = Message('Z', "I");

inline std::string ErrorMessage(std::string_view severity, std::string_view text) {
  return Message(
      'E', 'S' + Terminated(severity) + 'C' + Terminated("08P01") + 'M' + Terminated(text) + '\0');
}

// "a|b\n1|\n" as messages: a header and rows; an empty cell is NULL.
inline std::string Rows(const std::string& table) {
  const auto cells = [](const std::string& line) {
    std::vector<std::string> all;
    size_t at = 0;
    for (size_t bar = line.find('|'); bar != line.npos; bar = line.find('|', at)) {
      all.push_back(line.substr(at, bar - at));
      at = bar + 1;
    }
    all.push_back(line.substr(at));
    return all;
  };
  std::istringstream lines(table);
  std::string line, messages;
  bool header = true;
  while (std::getline(lines, line)) {
    const auto row = cells(line);
    std::string body = Int16(static_cast<int>(row.size()));
    for (const std::string& cell : row) {
      if (header) {
        body +=
            Terminated(cell) + Int32(0) + Int16(0) + Int32(25) + Int16(-1) + Int32(-1) + Int16(0);
      } else {
        body += cell.empty() ? Int32(-1) : Int32(static_cast<int64_t>(cell.size())) + cell;
      }
    }
    messages += Message(header ? 'T' : 'D', body);
    header = false;
  }
  return messages + Message('C', Terminated("SHOW")) + kReady;
}

// What a version of PgBouncer said; "SHOW POOLS" is in show_pools.txt.
inline std::string Recorded(const std::string& version, std::string command) {
  for (char& c : command) c = c == ' ' ? '_' : static_cast<char>(std::tolower(c));
  std::ifstream file(std::string(PGBOUNCER_TESTDATA) + "/" + version + "/" + command + ".txt");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Messages for a command, or nothing to hang up.
using Says = std::function<std::string(const std::string& command)>;

inline ScriptedServer::Script PlayConsole(Says says) {
  return [says = std::move(says)](ScriptedServer::Connection& c) {
    c.Read(BodySize(c.Read(4)));  // the start of a session
    c.Send(Message('R', Int32(0)) +
           Message('S', Terminated("server_version") + Terminated("1.18.0/bouncer")) + kReady);
    while (true) {
      const std::string header = c.Read(5);
      if (header.size() < 5 || header[0] != 'Q') return;
      std::string command = c.Read(BodySize(header.substr(1)));
      command.resize(command.find('\0'));
      const std::string messages = says(command);
      if (messages.empty() || !c.Send(messages)) return;
    }
  };
}

}  // namespace pillion::pgbouncer
