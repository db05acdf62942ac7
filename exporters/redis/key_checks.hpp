// KeyChecks: sizes, memory and values of single keys and of those that fit a pattern, and counts.
#pragma once

#include "key_reader.hpp"

#include <pillion/sink.hpp>

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace pillion::redis {

class KeyChecks : public KeyJob {
 public:
  static constexpr size_t kValueBytesMax = 4096;  // of a value; a label is no longer anyway

  void Emit(const KeySettings& settings, Sink& sink) const;

 private:
  struct Row {
    int db = 0;
    std::string key;
    std::string type;
    std::optional<double> memory;
    std::optional<double> size;
    std::optional<double> value;
    std::optional<std::string> text;  // a value that is no number
  };
  struct Found {
    std::vector<Row> rows;
    std::vector<std::optional<double>> counts;  // of count_keys; nothing: there is no such database
    double left_out = 0;
  };

  std::vector<KeyWalk::Target> Begin(KeyReader& reader) override;
  Result<void> VisitSingles(KeyReader& reader) override;
  Result<void> Visit(KeyReader& reader, size_t target,
                     std::span<const std::string_view> keys) override;
  void Done() override;

  Result<void> Check(KeyReader& reader, int db, std::span<const std::string_view> keys);
  Result<void> CheckSome(KeyReader& reader, int db, std::span<const std::string_view> keys);
  static Result<void> ReadTypes(KeyReader& reader, std::span<Row> rows);
  static Result<void> ReadSizes(KeyReader& reader, std::span<Row> rows);
  static Result<void> ReadCardinalities(KeyReader& reader, std::span<Row> rows);
  static void TakeValue(const KeySettings& settings, std::string_view value, Row& row);

  std::vector<int> check_dbs_;            // of the targets that are patterns of check_keys
  std::vector<int> count_dbs_;            // of the others
  std::unordered_set<std::string> seen_;  // "3:key", of `found_`
  Found found_;
  Found shown_;
};

}  // namespace pillion::redis
