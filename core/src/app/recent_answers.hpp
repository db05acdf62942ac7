// RecentAnswers: the answers given last, for scrapes that ask the same of the same fragments: two
// scrapers of one freshness, or many. They need neither the render thread nor the exposer, and our
// own metrics beside those fragments stay what they were.
//
// It keeps no body alive; one that nobody else holds any more is not found.
//
// Threads: any.
#pragma once

#include "http/scrape_plane.hpp"
#include "model/fragment.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pillion {

class RecentAnswers {
 public:
  static constexpr size_t kAnswersMax = 8;

  // Everything that an answer depends on.
  struct Key {
    Key() = default;
    // `snapshots`: of the targets; `self`: our own metrics are on the page too.
    Key(std::span<const SnapshotPtr> snapshots, const ScrapeRequest& request, bool self);
    friend bool operator==(const Key&, const Key&) = default;

    std::vector<uint64_t> fragments;
    std::string accept, accept_encoding;
    std::vector<std::string> names;
    bool self = false;
  };

  std::optional<ScrapeAnswer> Find(const Key& key) const;
  void Keep(Key key, const ScrapeAnswer& answer);

 private:
  struct Entry {
    Key key;
    std::weak_ptr<const Body> body;
    std::string content_type;
  };

  mutable std::mutex mutex_;
  std::array<Entry, kAnswersMax> entries_;  // guarded by mutex_
  size_t next_ = 0;                         // to be replaced; guarded by mutex_
};

}  // namespace pillion
