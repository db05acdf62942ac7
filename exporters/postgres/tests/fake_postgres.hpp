// A PostgreSQL server in a script: greets, takes statements of the extended protocol, and answers
// each with what the test says. For the server's side of a ScriptedServer.
#pragma once

#include <pillion/testing/scripted_server.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::postgres {

using testing::ScriptedServer;

inline std::string Int16(int value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}
inline std::string Int32(int64_t value) {
  return Int16(value >> 16 & 0xffff) + Int16(value & 0xffff);
}
inline std::string Int64(int64_t value) { return Int32(value >> 32) + Int32(value); }
inline std::string Terminated(std::string_view text) { return std::string(text) + '\0'; }

inline std::string Message(char type, std::string_view body) {
  return type + Int32(static_cast<int64_t>(body.size()) + 4) + std::string(body);
}

inline uint32_t ReadInt32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4 && i < bytes.size(); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

struct FakeColumn {
  std::string name;
  int type;
};

using FakeRow = std::vector<std::optional<std::string>>;  // values in binary form

// What comes back for one statement: rows, or an error if `sqlstate` is not empty.
struct FakeAnswer {
  std::vector<FakeColumn> columns = {};
  std::vector<FakeRow> rows = {};
  std::string sqlstate = {};
  std::string severity = "ERROR";
  std::string raw = {};  // sent as it is, instead of anything else
};

inline std::string ErrorMessage(std::string_view severity, std::string_view sqlstate,
                                std::string_view text) {
  std::string body;
  body += 'S' + Terminated(severity);
  body += 'V' + Terminated(severity);
  body += 'C' + Terminated(sqlstate);
  body += 'M' + Terminated(text);
  return Message('E', body + '\0');
}

inline std::string Description(const FakeAnswer& answer) {
  std::string body = Int16(static_cast<int>(answer.columns.size()));
  for (const FakeColumn& column : answer.columns) {
    body += Terminated(column.name) + Int32(0) + Int16(0) + Int32(column.type) + Int16(-1) +
            Int32(-1) + Int16(1);
  }
  return Message('T', body);
}

inline std::string DataRow(const FakeRow& row) {
  std::string body = Int16(static_cast<int>(row.size()));
  for (const auto& value : row) {
    body += value ? Int32(static_cast<int64_t>(value->size())) + *value : Int32(-1);
  }
  return Message('D', body);
}

// A text[] in binary form.
inline std::string TextArrayOf(const std::vector<std::optional<std::string>>& elements) {
  std::string bytes =
      Int32(1) + Int32(1) + Int32(25) + Int32(static_cast<int64_t>(elements.size()));
  bytes += Int32(1);
  for (const auto& element : elements) {
    bytes += element ? Int32(static_cast<int64_t>(element->size())) + *element : Int32(-1);
  }
  return bytes;
}

inline std::string Parameter(std::string_view name, std::string_view value) {
  return Message('S', Terminated(name) + Terminated(value));
}

inline const std::string kReady = Message('Z', "I");
inline constexpr int kFakeBackend = 4711;

inline std::string Greeting(std::string_view version = "15.4") {
  return Message('R', Int32(0)) + Parameter("server_version", version) +
         Parameter("client_encoding", "UTF8") + Parameter("standard_conforming_strings", "on") +
         Message('K', Int32(kFakeBackend) + Int32(1)) + kReady;
}

// What the client says first: its parameters, each name and value with a NUL behind it.
inline std::string ReadStartup(ScriptedServer::Connection& c) {
  const uint32_t size = ReadInt32(c.Read(4));
  return size >= 4 && size < 10000 ? c.Read(size - 4) : std::string();
}

// Reads and drops statements up to the first Sync: what is sent earlier answers nothing.
inline void ReadFirstStatement(ScriptedServer::Connection& c) {
  for (int messages = 0; messages < 100; ++messages) {
    const std::string header = c.Read(5);
    if (header.size() < 5) return;
    c.Read(ReadInt32(std::string_view(header).substr(1)) - 4);
    if (header[0] == 'S') return;
  }
}

// Plays a whole server. Shared by its connections; the answers come from the test's function,
// which is told the statement and may be called from several threads.
class FakePostgres {
 public:
  using Answer = std::function<FakeAnswer(std::string_view sql)>;

  explicit FakePostgres(Answer answer, std::string version = "15.4")
      : answer_(std::move(answer)), version_(std::move(version)) {}

  void operator()(ScriptedServer::Connection& c) {
    ReadStartup(c);
    c.Send(Greeting(version_));
    Serve(c, answer_);
  }

  // The same behind the greeting, with answers of this connection alone.
  void Serve(ScriptedServer::Connection& c, const Answer& answers) {
    std::map<std::string, std::string> statements;
    FakeAnswer answer;
    bool failed = false;
    while (true) {
      const std::string header = c.Read(5);
      if (header.size() < 5 || header[0] == 'X') return;
      const std::string body = c.Read(ReadInt32(std::string_view(header).substr(1)) - 4);
      if (header[0] == 'S') {
        ++syncs_;
        failed = false;
        c.Send(kReady);
      } else if (!failed) {
        failed = !Take(c, header[0], body, statements, answers, answer);
      }
    }
  }

  // Statements as they were parsed: "name: sql".
  std::vector<std::string> parsed() const {
    const std::lock_guard lock(mutex_);
    return parsed_;
  }
  int executed() const { return executed_; }
  int syncs() const { return syncs_; }

 private:
  // False: an error was sent, and what comes until the Sync is skipped.
  bool Take(ScriptedServer::Connection& c, char type, const std::string& body,
            std::map<std::string, std::string>& statements, const Answer& answers,
            FakeAnswer& answer) {
    const std::string first = body.c_str();
    const std::string second = body.size() > first.size() ? body.c_str() + first.size() + 1 : "";
    if (type == 'P') {
      statements[first] = second;
      const std::lock_guard lock(mutex_);
      parsed_.push_back(first + ": " + second);
      return c.Send(Message('1', ""));
    }
    if (type == 'B') {
      answer = answers ? answers(statements[second]) : FakeAnswer{};
      return c.Send(Message('2', ""));
    }
    if (!answer.raw.empty()) return type == 'D' ? c.Send(answer.raw) : true;
    if (!answer.sqlstate.empty()) {
      c.Send(ErrorMessage(answer.severity, answer.sqlstate, "as the test says"));
      return false;
    }
    if (type == 'D') return c.Send(Description(answer));
    ++executed_;
    std::string bytes;
    for (const FakeRow& row : answer.rows) bytes += DataRow(row);
    return c.Send(bytes + Message('C', Terminated("SELECT")));
  }

  const Answer answer_;
  const std::string version_;
  mutable std::mutex mutex_;
  std::vector<std::string> parsed_;
  std::atomic<int> executed_ = 0;
  std::atomic<int> syncs_ = 0;
};

// Answers what every poll asks for besides its collectors; everything else has no rows.
inline FakeAnswer Usual(std::string_view sql) {
  if (sql.find("set_config") != std::string_view::npos) return {{{"set", 25}}, {{"on"}}};
  if (sql.starts_with("SELECT pg_has_role")) return {{{"has", 16}}, {{std::string(1, '\1')}}};
  return {{{"nothing", 25}}, {}};
}

}  // namespace pillion::postgres
