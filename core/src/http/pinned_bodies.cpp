#include "http/pinned_bodies.hpp"

namespace pillion {

void PinnedBodies::Add(uint64_t reader, const Body* body) {
  places_[reader] = readers_.insert(readers_.end(), {reader, body});
  if (counts_[body]++ == 0) {
    bytes_ += body->size;
    newest_ = body;
  }
}

void PinnedBodies::Remove(uint64_t reader) {
  const auto place = places_.find(reader);
  if (place == places_.end()) return;
  const Body* const body = place->second->body;
  readers_.erase(place->second);
  places_.erase(place);
  const auto count = counts_.find(body);
  if (--count->second > 0) return;
  counts_.erase(count);
  bytes_ -= body->size;
}

uint64_t PinnedBodies::Victim() const {
  if (bytes_ <= bytes_max_) return 0;
  for (const Reader& reader : readers_) {
    if (reader.body != newest_) return reader.id;
  }
  return 0;
}

}  // namespace pillion
