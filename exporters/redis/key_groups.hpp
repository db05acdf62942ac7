// KeyGroups: keys of all databases, and their memory, by what Lua patterns capture of their names.
#pragma once

#include "key_reader.hpp"

#include <pillion/sink.hpp>

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace pillion::redis {

class KeyGroups : public KeyJob {
 public:
  static constexpr size_t kTrackedMax = 100'000;  // groups, of all databases together

  // The databases that hold keys, and those that are shown. To be said before each Run.
  void SetDatabases(std::vector<int> with_keys, int count) {
    databases_ = std::move(with_keys);
    database_count_ = count;
  }
  void Emit(const KeySettings& settings, Sink& sink) const;

 private:
  struct Sums {
    double count = 0;
    double memory = 0;  // bytes
  };
  using Groups = std::unordered_map<std::string, Sums>;

  std::vector<KeyWalk::Target> Begin(KeyReader& reader) override;
  Result<void> VisitSingles(KeyReader&) override { return {}; }
  Result<void> Visit(KeyReader& reader, size_t target,
                     std::span<const std::string_view> keys) override;
  void Done() override;
  Sums& Find(const KeySettings& settings, Groups& groups, std::string_view key);

  std::vector<int> databases_;
  int database_count_ = 0;
  std::vector<int> targets_;
  std::map<int, Groups> found_;
  std::map<int, Groups> shown_;
  size_t tracked_ = 0;
  std::string group_;
};

}  // namespace pillion::redis
