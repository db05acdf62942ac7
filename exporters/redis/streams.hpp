// Streams: length, groups and consumers of streams.
#pragma once

#include "key_reader.hpp"

#include <pillion/sink.hpp>

#include <array>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace pillion::redis {

// Numbers of the fields of XINFO that have a family, in the order of kStreamFields (streams.cpp).
inline constexpr size_t kStreamFieldCount = 9;
inline constexpr size_t kStreamGroupFieldCount = 5;

// Milliseconds of a stream's ID: "1526919030474-55" gives 1526919030474.
std::optional<double> StreamTime(std::string_view id);

class Streams : public KeyJob {
 public:
  struct Consumer {
    std::string name;
    std::optional<double> pending;
    std::optional<double> idle;  // seconds
  };
  struct Group {
    std::string name;
    std::array<std::optional<double>, kStreamGroupFieldCount> numbers;
    std::vector<Consumer> consumers;
  };
  struct Stream {
    int db = 0;
    std::string key;
    std::array<std::optional<double>, kStreamFieldCount> numbers;
    std::vector<Group> groups;
  };

  void Emit(Sink& sink) const;

  // The replies to XINFO STREAM, GROUPS and CONSUMERS; any reply is taken.
  static void ReadStream(const redisReply* reply, Stream& stream);
  static Group ReadGroup(const redisReply* reply);
  static Consumer ReadConsumer(const redisReply* reply);

 private:
  struct Found {
    std::vector<Stream> streams;
    double left_out = 0;  // streams, groups and consumers
  };

  std::vector<KeyWalk::Target> Begin(KeyReader& reader) override;
  Result<void> VisitSingles(KeyReader& reader) override;
  Result<void> Visit(KeyReader& reader, size_t target,
                     std::span<const std::string_view> keys) override;
  void Done() override;
  Result<void> Read(KeyReader& reader, int db, std::span<const std::string_view> keys);
  Result<void> ReadSome(KeyReader& reader, int db, std::span<const std::string_view> keys);
  Result<void> ReadConsumers(KeyReader& reader, Stream& stream);
  // Counts one more group or consumer; false if there are too many.
  bool Fits(const KeySettings& settings);

  std::vector<int> target_dbs_;
  std::unordered_set<std::string> seen_;
  size_t parts_ = 0;  // groups and consumers of `found_`
  Found found_;
  Found shown_;
};

}  // namespace pillion::redis
