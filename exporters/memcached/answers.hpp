// What a memcached says to several stats commands that were sent together. Pure; one thread.
//
//   AnswerReader reader(2);                       // stats, stats settings
//   while (!reader.complete()) if (auto taken = reader.Take(bytes); !taken) ...
//   for (StatCursor at(reader.answers()[0].stats); auto stat = at.Next();) ...
//
// Bounds: kBytesMax for all answers together, kLineBytesMax for a line.
#pragma once

#include <pillion/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::memcached {

struct Answer {
  bool complete = false;
  Result<void> outcome;  // an ERROR, CLIENT_ERROR or SERVER_ERROR line instead of stats
  std::string stats;     // its lines without `STAT `
};

class AnswerReader {
 public:
  static constexpr size_t kBytesMax = size_t{1} << 20;  // 64 slab classes say 100 KB
  static constexpr size_t kLineBytesMax = 16 * 1024;    // settings hold paths

  // `login`: the one answer is to a log-in.
  explicit AnswerReader(size_t count, bool login = false) : answers_(count), login_(login) {}

  // kProtocol: this is no memcached. kLimit: it says too much.
  Result<void> Take(std::string_view bytes);

  bool complete() const { return current_ == answers_.size(); }
  size_t bytes() const { return bytes_; }  // taken so far
  const std::vector<Answer>& answers() const { return answers_; }

 private:
  Result<void> TakeLine(std::string_view line);

  std::vector<Answer> answers_;
  bool login_;
  size_t current_ = 0;  // whose lines come now
  size_t bytes_ = 0;
  std::string line_;  // as far as it has come
};

struct Stat {
  std::string_view slab;  // class, empty for what is of the whole server
  std::string_view field;
  std::string_view value;
};

// The stats of an answer, one after the other. Understands `field value`, `CLASS:field value` and
// `items:CLASS:field value`.
class StatCursor {
 public:
  explicit StatCursor(std::string_view stats) : rest_(stats) {}
  std::optional<Stat> Next();

 private:
  std::string_view rest_;
};

// A whole finite decimal number, or yes, on, no, off.
std::optional<double> ToValue(std::string_view text);

}  // namespace pillion::memcached
