// KeyJobs: the collectors that walk keys, for one server.
//
// Threads: one at a time.
#pragma once

#include "big_keys.hpp"
#include "collect.hpp"
#include "key_checks.hpp"
#include "key_groups.hpp"
#include "key_reader.hpp"
#include "streams.hpp"
#include "tables.hpp"

#include <pillion/result.hpp>
#include <pillion/sink.hpp>

namespace pillion::redis {

inline constexpr CollectorId kScanning[] = {kKeys, kStreams, kKeyGroups, kBigKeys};
// Which of them skip_checkkeys_for_role_master is about.
constexpr bool IsKeyCheck(CollectorId collector) {
  return collector == kKeys || collector == kStreams;
}

class KeyJobs {
 public:
  // Goes on with the walk of one of kScanning, or begins one. `reading` is of the same server.
  Result<void> Run(CollectorId collector, KeyReader& reader, const Reading& reading);
  // Adds what the last complete walk found.
  void Emit(CollectorId collector, const KeySettings& settings, Sink& sink) const;

 private:
  KeyChecks keys_;
  KeyGroups key_groups_;
  BigKeys big_keys_;
  Streams streams_;
};

}  // namespace pillion::redis
