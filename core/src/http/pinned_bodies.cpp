#include "http/pinned_bodies.hpp"

#include <utility>

namespace pillion {

void PinnedBodies::Add(uint64_t reader, const Body* body, std::string kind) {
  if (counts_[body]++ == 0) bytes_ += body->size;
  for (Reader& other : readers_) {
    if (other.body != body && other.kind == kind && other.body->format == body->format &&
        other.body->encoding == body->encoding) {
      other.old = true;
    }
  }
  places_[reader] = readers_.insert(readers_.end(), {reader, body, std::move(kind), false});
  newest_ = body;
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
    if (reader.old) return reader.id;
  }
  if (bytes_ / kKindsFactor <= bytes_max_) return 0;
  for (const Reader& reader : readers_) {
    if (reader.body != newest_) return reader.id;
  }
  return 0;
}

}  // namespace pillion
