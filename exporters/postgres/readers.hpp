// Readers: the readers of one session, one per collector.
#pragma once

#include <array>
#include <memory>

#include "reader.hpp"
#include "rows.hpp"
#include "top_reader.hpp"

namespace pillion::postgres {

class Readers {
 public:
  // `shape` must outlive it. `statements_shown`: how many statements stat_statements shows.
  Readers(const Shape& shape, size_t statements_shown)
      : shape_(shape), statements_(statements_shown) {}

  // The reader of the collector, ready for a run of this query.
  Reader& Start(const Query& query);
  // Whether the collector's last result of this session had few rows.
  bool WasSmall(CollectorId collector) const;
  // When a new session begins.
  void Forget();

 private:
  // What this many rows take up in libpq is nothing to speak of.
  static constexpr size_t kSmallRowsMax = 100;

  const Shape& shape_;
  StickyTop statements_;  // outlives sessions
  std::array<std::unique_ptr<Reader>, kCollectorCount> readers_;
};

}  // namespace pillion::postgres
