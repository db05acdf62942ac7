// BigKeys: the keys of a server that take most memory, found by a walk over all of them.
//
// Only of those that may be shown the type is asked as well.
#pragma once

#include "key_reader.hpp"

#include <pillion/sink.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion::redis {

class BigKeys : public KeyJob {
 public:
  // The databases that hold keys. To be said before each Run.
  void SetDatabases(std::vector<int> with_keys) { databases_ = std::move(with_keys); }
  void Emit(Sink& sink) const;

 private:
  struct Row {
    int db = 0;
    std::string key;
    std::string type;
    double memory = 0;
  };

  std::vector<KeyWalk::Target> Begin(KeyReader& reader) override;
  Result<void> VisitSingles(KeyReader&) override { return {}; }
  Result<void> Visit(KeyReader& reader, size_t target,
                     std::span<const std::string_view> keys) override;
  void Done() override;
  static bool Before(const Row& a, const Row& b);
  static bool HasPlace(const Row& row, size_t rows_max, const std::vector<Row>& rows);
  static void Take(Row row, size_t rows_max, std::vector<Row>& rows);
  Result<void> TakeLiving(KeyReader& reader, int db, std::vector<Row> rows);

  std::vector<int> databases_;
  std::vector<int> targets_;  // their databases
  std::vector<Row> found_;    // the largest first, at most big_keys_max
  std::vector<Row> shown_;
};

}  // namespace pillion::redis
