#include "key_jobs.hpp"

#include "info.hpp"

#include <vector>

namespace pillion::redis {
namespace {

std::vector<int> DatabasesWithKeys(const Info& info) {
  std::vector<int> databases;
  for (FieldCursor at(info.Body(Section::kKeyspace)); auto field = at.Next();) {
    if (!IsNumbered(field->name, "db")) continue;
    const auto number = ToDouble(field->name.substr(2));
    if (number && *number < 1e6) databases.push_back(static_cast<int>(*number));
  }
  return databases;
}

}  // namespace

Result<void> KeyJobs::Run(CollectorId collector, KeyReader& reader, const Reading& reading) {
  if (auto state = reading.InfoState(); !state) return state;
  if (collector == kKeys) return keys_.Run(reader);
  if (collector == kStreams) return streams_.Run(reader);
  if (collector == kBigKeys) {
    big_keys_.SetDatabases(DatabasesWithKeys(reading.info));
    return big_keys_.Run(reader);
  }
  key_groups_.SetDatabases(DatabasesWithKeys(reading.info), DatabaseCount(reading));
  return key_groups_.Run(reader);
}

void KeyJobs::Emit(CollectorId collector, const KeySettings& settings, Sink& sink) const {
  if (collector == kKeys) return keys_.Emit(settings, sink);
  if (collector == kStreams) return streams_.Emit(sink);
  if (collector == kBigKeys) return big_keys_.Emit(sink);
  key_groups_.Emit(settings, sink);
}

}  // namespace pillion::redis
